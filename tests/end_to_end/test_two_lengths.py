"""A sweep whose base model converges and whose cells have two lengths of fine-tuning, on a tiny model."""

import json

import numpy as np
import pytest

from prunebench.eval import InputError
from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.scores_of_test_clips import read_test_scores
from prunebench.harness import load_config, run_sweep
from prunebench.harness.workspace.cache import Cache
from prunebench.reports import load_records, make_report

CONFIG = """
name = "lengths"
workers = 0
[data]
training_clips = 32
validation_clips = 30
test_clips = 30
[model]
width = 0.03125
[base]
batch = 8
[base.converge]
most_steps = 12
evaluate_every = 3
patience = 6
warmup_steps = 2
[prune]
criteria = ["l1", "random"]
ratios = [0.5]
seeds = [0]
[finetune]
seeds = [0]
steps = 4
batch = 8
rates = [1e-3, 3e-3]
rate_ratios = [0.5]
schedules = ["one-shot", "iterative[rounds=2]", "progressive[rounds=2]"]
[finetune.converge]
most_steps = 10
evaluate_every = 2
patience = 4
warmup_steps = 1
[controls]
scratch = true
[measure]
latency = false
"""
HOW = {"steps", "best_step", "bound_reached"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of the run, and its records."""
    home = tmp_path_factory.mktemp("lengths")
    (home / "lengths.toml").write_text(CONFIG)
    folder = home / "run"
    run_sweep(load_config(str(home / "lengths.toml")), folder, cache=Cache(home / "cache"))
    return folder, load_records(folder)


def test_both_lengths_are_stages_and_both_are_scored(made):
    folder, records = made
    tuned = [r for r in records if r.finetune_scope == "tail"]
    assert {r.status for r in records} == {"done"}
    assert len(tuned) == 2 + 2 * 3
    files = RunFiles(folder)
    with np.load(next(files.targets.glob("*.npz")), allow_pickle=False) as kept:
        targets = kept["targets"]
    for record in tuned:
        assert record.last_stage == "converged"
        assert record.stages["fine-tuned"]["steps"] == 4
        assert set(record.stages["converged"]) >= HOW
        for stage, kept in (("fine-tuned", "fine-tuned"), ("converged", "")):
            scores = read_test_scores(files, record.outcome, kept)
            expected = mean_average_precision(targets, scores).value
            assert record.stages[stage]["test_map"] == pytest.approx(expected, abs=1e-12), stage


def test_how_trainings_ended_stands_in_records_with_their_curves(made):
    folder, records = made
    lines = (json.loads(line) for line in RunFiles(folder).curves.read_text().splitlines())
    curves = {line["outcome"]: dict(map(tuple, line["curve"])) for line in lines}
    for record in records:
        ended = record.stages["base" if record.control == "unpruned" else "converged"]
        curve = curves[record.outcome]
        assert max(curve) == ended["steps"]
        assert curve[ended["best_step"]] == max(curve.values()) == ended["validation_map"]
    scratch = next(r for r in records if r.control == "scratch")
    assert set(scratch.stages) == {"converged"}


def test_a_masked_schedule_ends_with_the_short_length(made):
    _, records = made
    for record in (r for r in records if r.schedule == "progressive[rounds=2]"):
        assert set(record.stages) == {"base", "fine-tuned", "converged"}
        assert record.stages["converged"]["steps"] > 4  # counted through
        assert record.stages["converged"]["best_step"] >= 4
        assert sum(record.widths[6:]) == 112  # half of all filters


def test_each_length_has_its_rate(made):
    """The best mean on validation clips of the trials, which a run keeps as outcomes."""
    folder, records = made
    control = next(r for r in records if r.control == "unpruned-fine-tuned" and r.rate_choice == "own")
    outcomes = [json.loads(line) for line in RunFiles(folder).outcomes.read_text().splitlines()]
    whole = [o for o in outcomes if o["widths"] == list(control.widths) and "converged" in o["stages"]]
    best = {
        stage: max(o["stages"][stage]["validation_map"] for o in whole)
        for stage in ("fine-tuned", "converged")
    }
    assert {stage: control.stages[stage]["validation_map"] for stage in best} == best
    assert control.learning_rate in (1e-3, 3e-3)
    assert control.short_learning_rate in (1e-3, 3e-3)


def test_the_report_ranks_at_both_lengths(made):
    folder, records = made
    report = make_report([folder])
    rows = [row for row in report.rows if row.label == "l1"]
    assert {(row.panel.length, row.panel.schedule) for row in rows} == {
        (length, schedule)
        for length in ("converged", "after 4 steps")
        for schedule in ("one-shot", "iterative[rounds=2]", "progressive[rounds=2]")
    }
    for row in rows:
        (record,) = (r for r in records if r.criterion == "l1" and r.schedule == row.panel.schedule)
        stage = "converged" if row.panel.length == "converged" else "fine-tuned"
        assert row.map_mean == record.stages[stage]["test_map"]
        assert (row.stage, row.panel.short) == (stage, stage == "fine-tuned")
    assert not any("per-clip" in sentence for sentence in report.missing)
    assert not any("trained for" in sentence for sentence in report.convergence)
    assert all(report.findings.curves[folder, r.outcome] for r in records)


def test_it_is_resumed_without_a_training(made, monkeypatch):
    folder, records = made
    monkeypatch.setattr("prunebench.harness.cells.stages.fit", None)
    monkeypatch.setattr("prunebench.harness.cells.base_model.fit", None)
    run_sweep(load_config(str(folder.parent / "lengths.toml")), folder, cache=Cache(folder.parent / "cache"))
    assert load_records(folder) == records


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("base.at_scale.device='cpu'", "`base.at_scale` cannot be combined with `base.converge`"),
        ("finetune.evaluate_every=2", "set `finetune.converge.evaluate_every`"),
        (
            "base.converge.warmup_steps=6",
            "Found `warmup_steps = 6` and `patience = 6`: change one of the two",
        ),
        ("finetune.steps=20", "raise `finetune.converge.most_steps`"),
        ("controls.scratch_macs=true", "use `controls.scratch`"),
        ("base.converge.patient=3", "Unknown key `base.converge.patient`; did you mean `patience`"),
    ],
)
def test_what_decides_the_same_twice_is_refused(tmp_path, override, said):
    (tmp_path / "lengths.toml").write_text(CONFIG)
    with pytest.raises(InputError) as caught:
        load_config(str(tmp_path / "lengths.toml"), [override])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
