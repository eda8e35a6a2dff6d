"""A sweep of Cnn14 at 16 kHz on a few recordings of ESC-50."""

from pathlib import Path

import pytest

from prunebench.eval import InputError
from prunebench.eval.run.record import Record, load_records
from prunebench.harness.config.config import load_config
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[1] / "schemas" / "configurations" / "quick.toml")

CLASSES = {"dog", "rain", "mouse_click", "church_bells", "hand_saw"}
SETTINGS = [
    "base.pretrained=false",
    "data.name=esc50",
    "data.sample_rate=16000",
    "base.seeds=[0]",
    "base.steps=4",
    "base.batch=4",
    "prune.criteria=['random', 'operator_norm']",
    "prune.ratios=[0.5]",
    "prune.seeds=[0]",
    "finetune.steps=2",
    "finetune.batch=4",
    "finetune.seeds=[0]",
    "finetune.rates=[1e-3]",
    "measure.latency=false",
    "workers=0",
]


def run(folder, root, *settings) -> list[Record]:
    config = load_config(QUICK, [*SETTINGS, f"data.root={root}", *settings])
    summary = run_sweep(config, folder / "run", Cache(folder / "cache"))
    assert summary.failed == 0, (folder / "run" / "failures.log").read_text()
    return load_records(folder / "run")


def test_cnn14_at_16_khz_on_esc50(esc50_root, few_clips, tmp_path):
    records = run(tmp_path, few_clips(esc50_root, {1: 2, 2: 1, 3: 2}, CLASSES), "model.width=0.03125")
    assert {record.data for record in records} == {"esc50 sample_rate=16000"}
    assert {record.n_classes for record in records} == {5}
    (whole,) = [record for record in records if record.control == "unpruned"]
    # 5 s at 16 kHz are 501 frames of 160 samples; five poolings halve frames and mels.
    assert whole.map_sizes["C1"] == (501, 64)
    assert whole.map_sizes["C12"] == (15, 2)
    assert all(record.stages[record.last_stage]["classes_with_positives"] == 5 for record in records)
    front = whole.measures["macs_with_frontend"] - whole.measures["macs_backbone"]
    # PANNs' front end as two convolutions at 16 kHz: 1,001 frames, 257 bins, a window of 512; and no resampling.
    assert front == 2 * 1001 * 257 * 512
    assert any(record.criterion == "operator_norm" for record in records)
    (half,) = {r.measures["macs_backbone"] for r in records if r.criterion == "operator_norm"}
    assert half < whole.measures["macs_backbone"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            ["data.sample_rate=44100"],
            r"--set data\.sample_rate=44100: `data\.sample_rate` must be 32000, 16000 or 8000",
        ),
        (
            ["model.network=mn[width=0.1]", "prune.scopes=['default']", "finetune.scopes=['all']"],
            r"The network needs clips at 32000 Hz\. Found `esc50 sample_rate=16000` at 16000 Hz",
        ),
    ],
)
def test_a_rate_that_a_network_does_not_hear_is_refused(esc50_root, few_clips, tmp_path, settings, sentence):
    root = few_clips(esc50_root, {1: 1, 2: 1, 3: 1}, CLASSES)
    with pytest.raises(InputError, match=sentence):
        run(tmp_path, root, *settings)
    assert not (tmp_path / "run").exists()
