"""A sweep over allocations, schedules, targets and controls on a tiny model."""

import json

import numpy as np
import pytest

from prunebench.eval.cost.complexity import cnn14_macs
from prunebench.harness import load_config, run_sweep
from prunebench.harness.budget.allocation import Global
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.workspace.cache import Cache
from prunebench.reports import load_records

pytestmark = pytest.mark.slow

CONFIG = """
name = "grid"
workers = 0
[data]
training_clips = 32
validation_clips = 30
test_clips = 30
[model]
width = 0.03125
[base]
steps = 4
batch = 8
[prune]
criteria = ["l1", "random", "rank1_cosine_released"]
target_macs = 0.8
seeds = [0]
allocations = ["uniform", "global", "same_as:l1", "same_as:rank1_cosine_released"]
[finetune]
seeds = [0]
steps = 3
batch = 8
rates = [1e-3]
rate_ratios = [0.5]
evaluate_every = 2
schedules = ["one-shot", "iterative[rounds=2,distillation=0.5]"]
[controls]
scratch = true
scratch_macs = true
[measure]
latency = false
"""
BASE = (2, 2, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64)
POINTS = {("macs_backbone", 0.8)}
ITERATIVE = "iterative[rounds=2,distillation=0.5]"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    (folder / "grid.toml").write_text(CONFIG)
    config = load_config(str(folder / "grid.toml"))
    assert run_sweep(config, folder / "run", Cache(folder / "cache")).failed == 0
    return folder / "run"


@pytest.fixture(scope="module")
def records(run):
    return load_records(run)


def pruned(records, **fields):
    return [
        r
        for r in records
        if r.criterion and not r.control and all(getattr(r, key) == value for key, value in fields.items())
    ]


def test_every_dimension_is_in_the_records(records):
    assert {r.status for r in records} == {"done"}
    for allocation in ("uniform", "global", "same_as:l1"):
        for schedule in ("one-shot", ITERATIVE):
            found = pruned(records, allocation=allocation, schedule=schedule)
            assert {(r.criterion, r.budget, r.target) for r in found} == {
                (criterion, *point) for criterion in ("l1", "random") for point in POINTS
            }
    assert {(r.schedule, r.allocation) for r in pruned(records, criterion="rank1_cosine_released")} == {
        ("one-shot", "own")
    }


def test_targets_are_met_on_the_real_shape(records):
    whole = cnn14_macs(BASE, 24, 64).backbone
    for record in pruned(records, budget="macs_backbone"):
        assert record.measures["macs_backbone"] == cnn14_macs(record.widths, 24, 64).backbone
        assert abs(record.measures["macs_backbone"] / whole - 0.8) <= 0.008


def test_widths_are_those_of_the_allocation(records):
    for budget, _ in POINTS:
        (led,) = pruned(records, criterion="l1", allocation="global", schedule="one-shot", budget=budget)
        assert {r.widths for r in pruned(records, allocation="same_as:l1", budget=budget)} == {led.widths}
        uniform = pruned(records, allocation="uniform", budget=budget)
        assert len({r.widths for r in uniform}) == 1  # both criteria, one-shot and in rounds
        for record in pruned(records, allocation="global", budget=budget):
            assert all(kept >= Global().stay(n) for kept, n in zip(record.widths[6:], BASE[6:], strict=True))
    (own,) = pruned(records, criterion="rank1_cosine_released")
    led = pruned(records, allocation="same_as:rank1_cosine_released")
    assert {(r.widths, r.budget, r.ratio) for r in led} == {(own.widths, "own", own.ratio)}


def test_what_rounds_removed_is_in_the_run_folder(run, records):
    lines = map(json.loads, (run / "removed.jsonl").read_text().splitlines())
    removed = {line["outcome"]: line["removed"] for line in lines}
    for record in pruned(records, schedule=ITERATIVE):
        assert set(record.stages) == {"base", "pruned", "fine-tuned"}
        for layer, before, after in zip(LAYERS, BASE, record.widths, strict=True):
            assert len(set(removed[record.outcome].get(layer, []))) == before - after


def test_curves_of_validation_map_end_where_the_record_does(run, records):
    lines = map(json.loads, (run / "curves.jsonl").read_text().splitlines())
    curves = {line["outcome"]: line["curve"] for line in lines}
    for record in pruned(records):
        steps = [step for step, _ in curves[record.outcome]]
        assert steps == (
            [0, 2, 3] if record.schedule == "one-shot" else [0, 1, 1, 3]
        )  # rounds of 1 and 2 steps
        assert curves[record.outcome][-1][1] == record.stages["fine-tuned"]["validation_map"]
        if record.schedule == "one-shot":
            assert curves[record.outcome][0][1] == record.stages["pruned"]["validation_map"]


def test_two_workers_give_the_same_bits_in_rounds_and_by_distillation(run, records, tmp_path):
    """A part of the grid in processes of its own, with base models and features made anew."""
    text = CONFIG.replace("workers = 0", "workers = 2").replace('"rank1_cosine_released"]', "]")
    text = text[: text.index("allocations")] + text[text.index("[finetune]") : text.index("[controls]")]
    (tmp_path / "part.toml").write_text(text + "[measure]\nlatency = false\n")
    config = load_config(str(tmp_path / "part.toml"))
    assert config.workers == 2
    assert run_sweep(config, tmp_path / "run", Cache(tmp_path / "cache")).failed == 0
    alone = {record.cell: record for record in records}
    found = load_records(tmp_path / "run")
    for schedule in ("one-shot", ITERATIVE):
        assert {r.criterion for r in pruned(found, schedule=schedule)} == {"l1", "random"}
    for record in found:
        assert record.same_result(alone[record.cell]), record
        scores = [
            np.load(folder / "scores" / f"{record.outcome}.npz")["test"] for folder in (run, tmp_path / "run")
        ]
        assert np.array_equal(*scores)


def test_shapes_from_scratch_have_the_widths_of_their_allocation(records):
    for control in ("scratch", "scratch-macs"):
        found = [r for r in records if r.control == control]
        assert {(r.allocation, r.budget) for r in found} == {
            *((allocation, kind) for allocation in ("uniform", "same_as:l1") for kind, _ in POINTS),
            ("same_as:rank1_cosine_released", "own"),
        }
        for record in found:
            like = pruned(records, allocation=record.allocation, budget=record.budget)
            assert {r.widths for r in like} == {record.widths}
