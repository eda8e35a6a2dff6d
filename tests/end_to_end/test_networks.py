"""A sweep over networks, from the configuration to the records: two front ends, groups of several writers, one run."""

import json

import pytest

from prunebench.eval.run.contents import removed_filters
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import load_records
from prunebench.harness.config.config import Config
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache

pytestmark = pytest.mark.slow

CONFIG = {
    "workers": 0,
    "data": {"training_clips": 8, "validation_clips": 6, "test_clips": 6, "seconds": 0.5},
    "model": [
        {"width": 1 / 64},
        {"network": "mn[width=0.1]"},
    ],
    "base": {"steps": 2, "batch": 4},
    "prune": {
        "criteria": ["taylor", "random"],
        "ratios": [0.5],
        "seeds": [0],
        "scopes": ["all"],
        "allocations": ["uniform", "global"],
        "reduction": "mean",
        "calibration_clips": 4,
        "recalibration_clips": 4,
    },
    "finetune": {"scopes": ["all"], "seeds": [0], "steps": 1, "batch": 4, "rates": [1e-3]},
    "measure": {"latency": False},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    config = Config.model_validate(CONFIG)
    summary = run_sweep(config, folder / "run", Cache(folder / "cache"))
    assert summary.failed == 0, (folder / "run" / "failures.log").read_text()
    return folder, config


def test_every_network_has_its_cells(run):
    folder, _ = run
    records = load_records(folder / "run")
    by_network = {name: [r for r in records if r.network == name] for name in {r.network for r in records}}
    assert set(by_network) == {"cnn14", "mn[width=0.1]"}
    assert {len(own) for own in by_network.values()} == {3 + 2 * 2}
    assert all(record.status == "done" and record.n_classes == 24 for record in records)
    for own in by_network.values():
        (whole,) = {r.widths for r in own if r.control == "unpruned"}
        for record in own:
            assert len(record.widths) == len(record.groups)
            assert record.map_sizes.keys() <= set(record.groups)
            if record.criterion and record.allocation == "uniform":
                assert record.measures["macs_backbone"] < 0.5 * next(
                    r.measures["macs_backbone"] for r in own if r.control == "unpruned"
                )
                assert all(
                    left == n - min(n - 1, int(n / 2 + 0.5))
                    for left, n in zip(record.widths, whole, strict=True)
                )
            assert record.reduction == ("mean" if record.criterion and record.network != "cnn14" else "first")


def test_what_went_is_told_by_group(run):
    folder, _ = run
    records = [
        r for r in load_records(folder / "run") if r.criterion == "taylor" and r.allocation == "uniform"
    ]
    found = removed_filters(RunFiles(folder / "run"), [r.outcome for r in records])
    for record in records:
        gone = found[record.outcome]
        assert set(gone) <= set(record.groups)
        (whole,) = {
            r.widths
            for r in load_records(folder / "run")
            if r.control == "unpruned" and r.network == record.network
        }
        for name, before, left in zip(record.groups, whole, record.widths, strict=True):
            assert len(gone.get(name, ())) == before - left


def test_the_same_command_repeats_nothing(run):
    folder, config = run
    outcomes = (folder / "run" / "outcomes.jsonl").read_text()
    run_sweep(config, folder / "run", Cache(folder / "cache"))
    assert (folder / "run" / "outcomes.jsonl").read_text() == outcomes


def test_a_network_alone_has_the_same_results(run):
    folder, _ = run
    config = Config.model_validate({**CONFIG, "model": CONFIG["model"][1]})
    run_sweep(config, folder / "alone", Cache(folder / "other-cache"))
    in_grid = {record.cell: record for record in load_records(folder / "run")}
    alone = load_records(folder / "alone")
    assert all(in_grid[record.cell].same_result(record) for record in alone)


def test_the_shapes_of_another_network_are_timed(run):
    folder, _ = run
    prune = {**CONFIG["prune"], "criteria": ["random"], "allocations": ["uniform"]}
    tables = {"model": CONFIG["model"][1], "prune": prune, "measure": {"budget_s": 0.2, "seconds": 1.0}}
    run_sweep(Config.model_validate({**CONFIG, **tables}), folder / "timed", Cache(folder / "cache"))
    lines = [json.loads(line) for line in (folder / "timed" / "shapes.jsonl").read_text().splitlines()]
    assert {(line["network"], line["n_classes"]) for line in lines} == {("mn[width=0.1]", 24)}
    for record in load_records(folder / "timed"):
        assert record.timings["latency_backbone_ms"] > 0
        assert record.timings["peak_memory_bytes"] > 0
