"""AudioSet without AudioSet: its formats with a few real recordings, through the whole way at full size's own code."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from prunebench.cli import cli
from prunebench.eval.errors import InputError
from prunebench.harness.config.config import load_config
from prunebench.harness.networks.audioset_classes import audioset_classes
from prunebench.harness.networks.checkpoint import load_checkpoint
from prunebench.reports import load_records

pytest.importorskip("accelerate")
pytest.importorskip("h5py")
# Classes of ESC-10 as AudioSet calls them.
NAMES = {
    "dog": "Dog",
    "rooster": "Crowing, cock-a-doodle-doo",
    "rain": "Rain",
    "sea_waves": "Waves, surf",
    "crackling_fire": "Crackle",
    "crying_baby": "Baby cry, infant cry",
    "sneezing": "Sneeze",
    "clock_tick": "Tick-tock",
    "helicopter": "Helicopter",
    "chainsaw": "Chainsaw",
}
HEAD = "# Segments csv created\n# num_ytids\n# YTID, start_seconds, end_seconds, positive_labels\n"
SMALL = (
    "model.width=0.03125",
    "base.steps=20",
    "base.batch=4",
    "base.at_scale.evaluate_every=10",
    "base.at_scale.device=cpu",
    "prune.criteria=['operator_norm', 'random']",
    "prune.seeds=[0]",
    "prune.ratios=[0.5]",
    "finetune.scopes=['all']",
    "finetune.seeds=[0]",
    "finetune.steps=4",
    "finetune.batch=4",
    "finetune.rates=[1e-3]",
    "finetune.rate_ratios=[0.5]",
    "finetune.warmup=0",
    "finetune.mixup=1.0",
    "finetune.at_scale.evaluate_every=2",
    "finetune.at_scale.accumulate=2",
    "finetune.at_scale.device=cpu",
    "measure.latency=false",
    "workers=0",
)


def write_source(root: Path, esc10: Path, training: int, test: int) -> None:
    """Recordings named as PANNs' downloader leaves them, and segment lists as AudioSet publishes them."""
    ids = {each.name: each.mid for each in audioset_classes()}
    with (esc10 / "meta/esc50.csv").open(newline="") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: (row["fold"], row["filename"]))
    lists = {"balanced_train": rows[:: max(1, len(rows) // training)][:training], "eval": rows[-test:]}
    (root / "audio").mkdir(parents=True)
    for name, chosen in lists.items():
        lines = []
        for number, row in enumerate(chosen):
            video = f"{name[:4]}-{number:06d}"
            sound, rate = soundfile.read(esc10 / "audio" / row["filename"], dtype="float32")
            soundfile.write(root / "audio" / f"Y{video}.wav", sound, rate)
            lines.append(f'{video}, 30.000, 40.000, "{ids[NAMES[row["category"]]]}"')
        lines.append('gone-000000, 0.000, 10.000, "/m/09x0r"')
        (root / f"{name}_segments.csv").write_text(HEAD + "\n".join(lines) + "\n")


def pack(root: Path, name: str, capsys) -> dict:
    segments = str(root / f"{name}_segments.csv")
    arguments = [
        "data",
        "audioset",
        str(root / "audio"),
        "--segments",
        segments,
        "-o",
        str(root / "AUDIOSET"),
    ]
    assert cli.main([*arguments, "--json"], standalone_mode=False) in (0, None)
    return json.loads(capsys.readouterr().out)


def way(
    root: Path, esc10: Path, clips: tuple[int, int], settings: tuple[str, ...], capsys, monkeypatch
) -> list:
    write_source(root, esc10, *clips)
    for name, count in zip(("balanced_train", "eval"), clips, strict=True):
        found = pack(root, name, capsys)
        assert (found["packed"], found["absent"], found["unreadable"]) == (count, 1, 0)
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(root / "cache"))
    arguments = [f"--set={each}" for each in (f"data.root={root / 'AUDIOSET'}", *settings)]
    cli.main(["run", "panns", "-o", str(root / "run"), *arguments], standalone_mode=False)
    return load_records(root / "run")


def check(records: list, root: Path, base_evaluations: set[int]) -> None:
    assert {record.status for record in records} == {"done"}, [record.error for record in records]
    assert all(record.data.startswith("audioset") for record in records)
    by_name = {record.control or record.criterion: record for record in records}
    assert by_name.keys() >= {"unpruned", "unpruned-fine-tuned", "operator_norm", "random"}
    base = by_name["unpruned"].stages["base"]
    assert base["best_step"] in base_evaluations
    assert base["classes_with_positives"] >= 1
    pruned = by_name["operator_norm"]
    tuned = pruned.stages["fine-tuned"]
    assert tuned["best_step"] in (2, 4)
    assert {"test_map", "best_test_map", "best_validation_map"} <= tuned.keys()
    last = load_checkpoint(root / "run/models" / f"{pruned.outcome}.pt")
    best = load_checkpoint(root / "run/models" / f"{pruned.outcome}-best.pt")
    assert last.widths == best.widths == pruned.widths
    assert last.n_classes == 527
    with (root / "run/report/measures.csv").open(newline="") as stream:
        shown = {row["criterion"]: row for row in csv.DictReader(stream)}
    assert float(shown["operator_norm"]["best_test_map"]) == pytest.approx(tuned["best_test_map"])
    assert (root / "run/report/page.html").is_file()


@pytest.mark.slow
def test_pack_index_train_evaluate_prune_finetune_report(esc10_root, tmp_path, capsys, monkeypatch):
    records = way(tmp_path, esc10_root, (20, 8), SMALL, capsys, monkeypatch)
    check(records, tmp_path, {10, 20})
    # No half-written file is left.
    assert not list(tmp_path.rglob("*.partial"))
    outputs = np.load(next((tmp_path / "run/scores").glob("*.npz")))
    assert outputs["test"].shape == (8, 527)


@pytest.mark.slow
def test_the_whole_way_with_every_recording_and_at_low_rate(esc10_root, tmp_path, capsys, monkeypatch):
    settings = (*SMALL, "base.steps=60", "base.batch=16", "data.sample_rate=8000", "workers=2")
    records = way(tmp_path, esc10_root, (250, 60), settings, capsys, monkeypatch)
    check(records, tmp_path, {10, 20, 30, 40, 50, 60})


def test_at_scale_trains_every_layer():
    with pytest.raises(InputError, match=r"`finetune\.scopes` must be `all` or `none`"):
        load_config("quick", ["finetune.at_scale.device=cpu"])
    distilled = [
        "finetune.at_scale.device=cpu",
        "finetune.scopes=['all']",
        "finetune.schedules=['one-shot[distillation=0.5]']",
    ]
    with pytest.raises(InputError, match="can balance only labels"):
        load_config("quick", distilled)
    assert load_config("quick", [*distilled, "finetune.at_scale.sampling=shuffled"])
    with pytest.raises(InputError, match="must split into equal parts"):
        load_config("quick", ["base.pretrained=false", "base.at_scale.accumulate=5"])
    with pytest.raises(InputError, match=r"`base\.at_scale\.optimizer`; did you mean `optimiser`"):
        load_config("quick", ["base.pretrained=false", "base.at_scale.optimizer=adam"])
