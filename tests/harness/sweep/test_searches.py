"""A sweep that searches: what its records say, and that a search which fails fails its cells alone."""

from pathlib import Path

from prunebench.eval.run.record import load_records
from prunebench.harness.cells.ratio_search import _Trial
from prunebench.harness.config.config import load_config
from prunebench.harness.sweep import execution
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache

QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")
TINY = (
    "data.training_clips=8",
    "data.validation_clips=8",
    "data.test_clips=8",
    "model.width=0.03125",
    "base.steps=1",
    "base.batch=4",
    "prune.criteria=['random']",
    "prune.ratios=[0.5]",
    "prune.seeds=[0]",
    "prune.allocations=['uniform', 'searched[candidates=3,recalibration_clips=4]', 'searched[candidates=4]']",
    "finetune.scopes=['none']",
    "measure.latency=false",
    "workers=0",
)


def test_records_hold_what_a_search_cost_and_a_search_that_fails_fails_its_cells_alone(tmp_path, monkeypatch):
    config, tried, measure = load_config(QUICK, TINY), [], _Trial.validation_map

    def validation_map(trial, counts):
        if trial._job.allocation.candidates == 4:
            raise ValueError("no luck")
        tried.append(counts)
        return measure(trial, counts)

    monkeypatch.setattr(_Trial, "validation_map", validation_map)
    summary = run_sweep(config, tmp_path / "run", Cache(tmp_path / "cache"))
    assert len(tried) == 3
    records = [r for r in load_records(tmp_path / "run") if r.criterion]
    failed = [r for r in records if r.status == "failed"]
    assert summary.failed == len(failed) == 1
    for record in failed:
        assert record.allocation == "searched[candidates=4]"
        assert record.error.startswith("its search failed: ")
        assert "no luck" in record.error
    searched, uniform = (
        [r for r in records if r.allocation.startswith(name)] for name in ("searched[candidates=3", "uniform")
    )
    assert len(searched) == len(uniform) == 1
    for record in searched:
        assert record.timings["search_seconds"] > 0
        assert record.measures["search_candidates"] == 3
        assert record.measures["search_macs"] > 3 * 12 * record.measures["macs_backbone"] / 2
        assert sum(record.widths[6:]) == 112  # half of all filters
    for record in uniform:
        assert not any("search" in name for name in {**record.timings, **record.measures})


def test_nothing_that_takes_a_base_model_begins_once_that_failed(tmp_path, monkeypatch):
    begun = []

    def fails(job, cache, progress=None):
        raise RuntimeError("the disk is on fire")

    for name in ("store_stem", "score_base", "search_counts", "run_outcome"):
        monkeypatch.setattr(execution, name, lambda *arguments, name=name, **more: begun.append(name))
    monkeypatch.setattr(execution, "build_base", fails)
    told = Told()
    config = load_config(QUICK, (*TINY, "finetune.scopes=['tail']", "finetune.rates=[1e-3]"))
    summary = run_sweep(config, tmp_path / "run", Cache(tmp_path / "cache"), [told])
    assert begun == []
    records = load_records(tmp_path / "run")
    assert summary.failed == summary.cells == len(records) > 3
    for record in records:
        assert record.error.startswith("its base model failed: ")
    failed = [one for one in told.news if one.failed]
    assert {one.phase for one in failed} == {*execution.PHASES.values()} - {"features", "learning rates"}
    assert all("the disk is on fire" in one.text for one in failed)
    assert all(one.text.startswith("its base model failed: ") for one in failed if one.phase != "base models")


class Told:
    def __init__(self):
        self.news = []

    def show(self, progress, one):
        self.news += [one] if one else []
