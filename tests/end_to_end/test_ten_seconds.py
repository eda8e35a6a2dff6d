"""A sweep on synthetic clips of 10 s, the length that PANNs' models were trained on."""

from pathlib import Path

from prunebench.eval.run.record import load_records
from prunebench.harness.config.config import load_config
from prunebench.harness.sweep.sweep import run_sweep
from prunebench.harness.workspace.cache import Cache

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[1] / "schemas" / "configurations" / "quick.toml")

SETTINGS = [
    "base.pretrained=false",
    "data.seconds=10",
    "data.training_clips=8",
    "data.validation_clips=6",
    "data.test_clips=6",
    "model.width=0.015625",
    "base.seeds=[0]",
    "base.steps=2",
    "base.batch=4",
    "prune.criteria=['apoz', 'random']",
    "prune.ratios=[0.5]",
    "prune.seeds=[0]",
    "prune.calibration_clips=4",
    "finetune.steps=1",
    "finetune.batch=4",
    "finetune.seeds=[0]",
    "finetune.rates=[1e-3]",
    "measure.latency=false",
    "workers=0",
]
# (frames, mels) of Cnn14's feature maps for 10 s at full width: 1,001 frames of 10 ms, halved behind each of the first
# five blocks of two layers.
MAPS = {
    **dict.fromkeys(("C1", "C2"), (1001, 64)),
    **dict.fromkeys(("C3", "C4"), (500, 32)),
    **dict.fromkeys(("C5", "C6"), (250, 16)),
    **dict.fromkeys(("C7", "C8"), (125, 8)),
    **dict.fromkeys(("C9", "C10"), (62, 4)),
    **dict.fromkeys(("C11", "C12"), (31, 2)),
}


def test_feature_maps_have_the_sizes_of_the_real_model(tmp_path):
    config = load_config(QUICK, SETTINGS)
    summary = run_sweep(config, tmp_path / "run", Cache(tmp_path / "cache"))
    assert summary.failed == 0, (tmp_path / "run" / "failures.log").read_text()
    records = load_records(tmp_path / "run")
    (sizes,) = (record.map_sizes for record in records if record.control == "unpruned")
    assert sizes == MAPS
    assert {record.data for record in records} == {
        "synth training_clips=8 validation_clips=6 test_clips=6 seconds=10.0"
    }
    assert any(record.criterion == "apoz" and record.last_stage == "fine-tuned" for record in records)
