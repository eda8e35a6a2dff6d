"""A tiny sweep with `[sparsify]`: its records, what it tells, and what its report says."""

import dataclasses

import pytest

from prunebench.eval.run import sparsity
from prunebench.eval.run.record import load_records
from prunebench.harness.config.config import Config
from prunebench.harness.sweep import execution
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache
from prunebench.reports import make_report
from prunebench.reports.runs.loaded_run import read_run
from prunebench.reports.statistics.runs_compared import conflicting

CONFIG = Config.model_validate(
    {
        "workers": 0,
        "data": {"training_clips": 8, "validation_clips": 8, "test_clips": 8, "seconds": 0.5},
        "model": {"width": 1 / 64},
        "base": {"steps": 2, "batch": 4},
        "sparsify": {"methods": ["slimming"], "steps": 2, "batch": 4},
        "prune": {"criteria": ["bn_scale", "random"], "ratios": [0.5], "seeds": [0]},
        "finetune": {"scopes": ["none"]},
        "measure": {"latency": False},
    }
)


class Told:
    def __init__(self):
        self.news = []

    def show(self, progress, one):
        self.news += [one] if one else []


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A run in which whatever is below a hundred times the plain model's figure counts as killed."""
    home, told = tmp_path_factory.mktemp("swept"), Told()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sparsity, "KILLED_BELOW", 100)
        summary = run_sweep(CONFIG, home / "run", Cache(home / "cache"), [told])
        report = make_report([home / "run"])
    assert summary.failed == 0
    return home / "run", told.news, report


def test_records_name_the_method_and_what_it_took(swept):
    records = load_records(swept[0])
    whole = next(r for r in records if r.control == "unpruned")
    assert {r.sparsify for r in records} == {"plain", "slimming"}
    assert {r.sparsify_steps for r in records} == {2}
    assert {r.sparsify_macs for r in records} == {3 * whole.measures["macs_backbone"] * 2 * 4}
    assert len({(r.base, r.base_seed) for r in records}) == 1, "they come from one base model"
    assert len({r.base_weights for r in records}) == 2, "and are scored after it was trained on"


def test_progress_names_each_base_model_and_what_a_penalty_killed(swept):
    news = swept[1]
    bases = [one.title for one in news if one.phase == "base models" and not one.note]
    assert bases == ["base 0", "base 0 after plain training", "base 0 after slimming"]
    plain, killed = [one for one in news if one.note]
    assert [plain.title, killed.title] == ["base 0 after plain training", "base 0 after slimming"]
    maps = {r.sparsify: r.stages["base"]["validation_map"] for r in load_records(swept[0])}
    before = load_records(swept[0])[0].stages["base"]["validation_map_before"]
    assert plain.text == (
        f"`plain` destroyed the base model: its validation mAP is {maps['plain']:.3f} after 2 steps, and {before:.3f} "
        "before: lower `sparsify.learning_rate`."
    )
    assert killed.text == (
        f"`slimming` destroyed the base model: its validation mAP is {maps['slimming']:.3f} after 2 steps, and "
        f"{maps['plain']:.3f} after as many plain steps: lower its `strength`."
    )


def test_the_report_says_it_first_and_holds_all_against_plain_controls(swept):
    run, news, report = swept
    *killed, trained = report.above_figures[:3]
    assert killed == [one.text for one in news if one.note]
    assert trained.startswith("Each base model was trained for 2 more steps (")
    figures = next(r.stages["base"] for r in load_records(run) if r.sparsify == "slimming")
    assert f"Mean validation mAP: {figures['validation_map_before']:.3f} before, " in trained
    assert trained.endswith(f", {figures['validation_map']:.3f} after `slimming`.")
    assert tuple(report.summary["sparsity"]) == report.sparsity == report.above_figures[:3]
    labels = [(p.label, p.is_random, p.n) for p in report.points]
    assert labels == [
        ("unpruned", False, 1),
        ("random", True, 1),
        ("random after slimming", False, 1),
        ("bn_scale", False, 1),
        ("bn_scale after slimming", False, 1),
    ]
    assert len({point.panel for point in report.points}) == 1
    (whole,) = [r for p in report.points if p.control == "unpruned" for r in p.records]
    assert whole.sparsify == "plain"


def test_a_base_model_whose_parent_failed_is_not_trained(tmp_path, monkeypatch):
    begun = []

    def fails(job, cache, progress=None):
        begun.append(job.identity)
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(execution, "build_base", fails)
    told = Told()
    summary = run_sweep(CONFIG, tmp_path / "run", Cache(tmp_path / "cache"), [told])
    assert len(begun) == 1, "the other base models were begun without the one that they come from"
    assert summary.failed == summary.cells
    texts = [one.text for one in told.news if one.failed and one.title == "base 0 after slimming"]
    assert len(texts) == 1
    assert texts[0].startswith("the base model that it comes from failed: ")
    assert "the disk is on fire" in texts[0]


def test_only_less_than_half_is_killed_and_nan_tells_nothing():
    assert sparsity.is_killed(0.199, 0.4)
    assert not sparsity.is_killed(0.2, 0.4)
    assert not sparsity.is_killed(float("nan"), 0.4)
    assert sparsity.said_killed("growing", [0.1, 0.2], [0.5, 0.7], 1200, 6) == (
        "`growing` destroyed 2 of 6 base models: their mean validation mAP is 0.150 after 1,200 steps, and 0.600 "
        "after as many plain steps: lower its `strength`."
    )


def test_runs_with_other_trainings_are_not_joined(swept):
    """Plain steps and none are different base models, so two runs are drawn over each other."""
    run = read_run(swept[0])
    assert not conflicting([run, run])
    without = tuple(
        dataclasses.replace(r, sparsify="none", sparsify_steps=0, cell=f"other {r.cell}")
        for r in run.records
        if r.sparsify == "plain"
    )
    assert conflicting([run, dataclasses.replace(run, records=without)])
