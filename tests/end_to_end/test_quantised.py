"""A sweep whose models are quantised after their last stage, on a tiny model."""

import dataclasses

import numpy as np
import pytest

from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.scores_of_test_clips import read_test_scores
from prunebench.harness import load_config, run_sweep
from prunebench.harness.workspace.cache import Cache
from prunebench.reports import load_records, make_report

pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.slow

CONFIG = """
name = "integers"
workers = 0
[data]
training_clips = 24
validation_clips = 30
test_clips = 30
[model]
width = 0.03125
[base]
steps = 8
batch = 8
[prune]
criteria = ["l1", "random"]
ratios = [0.5]
seeds = [0]
[finetune]
seeds = [0]
steps = 2
batch = 8
rates = [1e-3]
[finetune.converge]
most_steps = 4
evaluate_every = 2
patience = 2
warmup_steps = 1
[controls]
scratch = true
[quantise]
clips = 8
[measure]
latency = false
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The configuration, its cache, the folder of the run and its records."""
    home = tmp_path_factory.mktemp("integers")
    (home / "integers.toml").write_text(CONFIG)
    config, cache = load_config(str(home / "integers.toml")), Cache(home / "cache")
    run_sweep(config, home / "run", cache=cache)
    return config, cache, home / "run", load_records(home / "run")


def without_times(records):
    return {r.cell: dataclasses.replace(r, timings={}, unmeasured={}) for r in records}


def test_every_cell_and_control_has_its_quality_and_bytes_beside_the_float_model(made):
    _, _, folder, records = made
    files = RunFiles(folder)
    assert {r.control for r in records} == {None, "unpruned", "unpruned-fine-tuned", "scratch"}
    with np.load(next(files.targets.glob("*.npz")), allow_pickle=False) as kept:
        targets = kept["targets"]
    for record in records:
        assert (record.status, record.unmeasured) == ("done", {})
        last = "base" if record.control == "unpruned" else "converged"
        last = "fine-tuned" if record.control == "scratch" else last
        assert record.last_stage == last
        found = record.stages["quantised"]
        assert found.keys() >= {"validation_map", "test_map", "classes_with_positives", "test_roc_auc"}
        scores = {stage: read_test_scores(files, record.outcome, stage) for stage in ("", "quantised")}
        assert found["test_map"] == mean_average_precision(targets, scores["quantised"]).value
        assert record.stages[last]["test_map"] == mean_average_precision(targets, scores[""]).value
        assert 0 < np.abs(scores["quantised"] - scores[""]).max() < 0.05  # of the model of the last stage
        assert 0.2 < record.measures["quantised_file_bytes"] / record.measures["onnx_file_bytes"] < 0.7
        assert record.timings["quantising_seconds"] > 0
    report = make_report([folder])
    assert {row.label for row in report.findings.quantised} == {row.label for row in report.rows}
    assert report.missing == make_report([folder]).missing


def test_a_new_run_gives_the_same_digits(made, tmp_path):
    config, cache, _, records = made
    run_sweep(config, tmp_path / "again", cache=cache)
    assert without_times(load_records(tmp_path / "again")) == without_times(records)


def test_what_is_lost_is_made_again_and_nothing_else(made):
    config, cache, folder, records = made
    files = RunFiles(folder)
    lost = files.scores_of(next(r.outcome for r in records if r.criterion == "l1"), "quantised")
    kept = {
        path: path.stat().st_mtime_ns for path in files.scores.iterdir() if path.stem[:16] != lost.stem[:16]
    }
    lost.unlink()
    run_sweep(config, folder, cache=cache)
    assert lost.exists()
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert without_times(load_records(folder)) == without_times(records)
