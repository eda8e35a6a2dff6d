"""EfficientAT's published mn04 on ESC-10: as it is by a class map, pruned, and with a new head."""

import csv
import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from prunebench.cli import cli
from prunebench.eval import InputError
from prunebench.eval.run.record import Record, load_records
from prunebench.harness.config.config import load_config
from prunebench.harness.config.overrides import network_overrides
from prunebench.harness.data.recordings.decoding import decode_recording
from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache

NETWORK = "mn[width=0.4]"
# ESC-10's classes and the rows of AudioSet's table (`class_labels_indices.csv`) that mean the same, looked up by eye.
COLUMNS = {
    "dog": 74,
    "rooster": 101,
    "rain": 289,
    "sea_waves": 295,
    "crackling_fire": 298,
    "crying_baby": 23,
    "sneezing": 49,
    "clock_tick": 408,
    "helicopter": 339,
    "chainsaw": 347,
}
RUN = [
    "base.pretrained=false",
    "base.seeds=[0]",
    "prune.criteria=['random', 'l1']",
    "prune.ratios=[0.25]",
    "prune.seeds=[0]",
    "finetune.seeds=[0]",
    "finetune.rates=[1e-4]",
    "measure.latency=false",
    "workers=0",
]


def run(folder, checkpoint, root, *settings) -> list[Record]:
    given = ["data.name=esc10", f"data.root={root}", f"model.checkpoint={checkpoint}", *RUN, *settings]
    config = load_config("quick", [*network_overrides(NETWORK, ()), *given])
    summary = run_sweep(config, folder / "run", Cache(folder / "cache"))
    assert summary.failed == 0, (folder / "run" / "failures.log").read_text()
    return load_records(folder / "run")


@pytest.fixture
def checkpoint(mn04_root):
    return mn04_root / "mn04_as_mAP_432.pt"


def slow_average_precision(held, scores):
    """By the definition: at each positive, the share of positives among the clips that score at least as much."""
    return np.mean([held[scores >= scores[at]].mean() for at in np.flatnonzero(held)])


def map_by_hand(checkpoint, root, fold):
    """Every clip alone through the published model, and of its 527 outputs the ten that ESC-10 knows."""
    model = read_any_checkpoint(checkpoint, NETWORK).tagger
    with (root / "meta" / "esc50.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["fold"] == str(fold)]
    outputs = []
    for row in rows:
        clip = decode_recording(root / "audio" / row["filename"], 5 * 32000, 32000)
        with torch.no_grad():
            features = model.network.frontend.features(torch.from_numpy(clip)[None])
            outputs.append(torch.sigmoid(model.logits(features))[0].numpy())
    categories = np.array([row["category"] for row in rows])
    scores = np.array(outputs)
    assert scores.shape == (len(rows), 527)
    return np.mean(
        [slow_average_precision(categories == name, scores[:, at]) for name, at in COLUMNS.items()]
    )


@pytest.mark.slow
def test_a_published_tagger_is_measured_zero_shot(checkpoint, esc10_root, few_clips, tmp_path):
    root = few_clips(esc10_root, {1: 1, 2: 1, 3: 4})
    options = [f"root={root}", "class_map=esc10-to-audioset"]
    words = [word for option in options for word in ("--set", option)]
    words = ["measure", str(checkpoint), "--network", NETWORK, "--data", "esc10", *words, "--json"]
    found = CliRunner(env={"PRUNEBENCH_CACHE": str(tmp_path / "cache")}).invoke(cli, words)
    assert found.exit_code == 0, found.output
    quality = json.loads(found.stdout)["quality"]["eager"]
    assert (quality["classes_with_positives"], quality["classes"]) == (10, 527)
    expected = map_by_hand(checkpoint, root, fold=3)
    assert 0.9 < expected < 1
    assert quality["test_map"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_a_published_tagger_is_pruned_zero_shot(checkpoint, esc10_root, few_clips, tmp_path):
    root = few_clips(esc10_root, {1: 1, 2: 1, 3: 2})
    records = run(tmp_path, checkpoint, root, "data.class_map=esc10-to-audioset", "finetune.scopes=['none']")
    (base,) = {record.stages["base"]["test_map"] for record in records}
    assert base == pytest.approx(map_by_hand(checkpoint, root, fold=3), abs=1e-6)
    assert {record.data for record in records} == {"esc10 class_map=esc10-to-audioset"}
    for record in records:
        assert record.n_classes == 527
        assert record.stages[record.last_stage]["classes_with_positives"] == 10
    pruned = [record for record in records if record.criterion == "l1"]
    assert pruned
    assert all(record.measures["parameters"] < 983_599 for record in pruned)


def test_a_criterion_on_gradients_takes_mapped_clips(checkpoint, esc10_root, few_clips, tmp_path):
    root = few_clips(esc10_root, {1: 1, 2: 1, 3: 1}, {"dog", "rain"})
    (tmp_path / "map.csv").write_text("from,to\ndog,Dog\nrain,Rain\n")
    words = [
        "prune",
        str(checkpoint),
        "--network",
        NETWORK,
        "--pruner",
        "taylor",
        "--ratio",
        "0.25",
        "--clips",
        str(root),
    ]
    given = [*words, "-o", str(tmp_path / "pruned.pth")]
    with pytest.raises(InputError, match="clips labelled with the 527 classes"):
        CliRunner().invoke(cli, given, catch_exceptions=False)
    found = CliRunner().invoke(
        cli, [*given, "--class-map", str(tmp_path / "map.csv")], catch_exceptions=False
    )
    assert found.exit_code == 0, found.output
    assert read_any_checkpoint(tmp_path / "pruned.pth").tagger.n_classes == 527


@pytest.mark.slow
def test_a_published_tagger_gets_a_new_head_and_is_fine_tuned(checkpoint, esc10_root, few_clips, tmp_path):
    root = few_clips(esc10_root, {1: 2, 2: 1, 3: 1}, {"dog", "rain", "sneezing", "helicopter"})
    small = [
        "base.steps=20",
        "base.batch=8",
        "finetune.steps=2",
        "finetune.batch=4",
        "finetune.scopes=['all']",
    ]
    records = run(tmp_path, checkpoint, root, *small)
    assert {record.n_classes for record in records} == {4}
    assert any(record.last_stage == "fine-tuned" and record.criterion == "l1" for record in records)


def test_recordings_at_another_rate_than_the_model_are_refused(checkpoint, esc50_root, few_clips, tmp_path):
    root = few_clips(esc50_root, {1: 1, 2: 1, 3: 1}, {"dog", "rain"})
    with pytest.raises(InputError) as found:
        run(tmp_path, checkpoint, root, "data.name=esc50", "data.sample_rate=16000")
    assert str(found.value) == (
        f"The model and the data set must have the same sample rate. Found `{checkpoint}` for 32000 Hz and "
        "`esc50 sample_rate=16000` at 16000 Hz: set `data.sample_rate = 32000`, which resamples recordings."
    )
    assert not (tmp_path / "run").exists()
