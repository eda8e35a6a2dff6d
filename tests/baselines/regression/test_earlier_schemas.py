"""Baseline files of every schema so far stay readable."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prunebench.baselines import BaseSpread, MadeWith, Tolerances, load_baseline
from prunebench.baselines.regression.operating_point import HeldFrontEnd

SCHEMAS = Path(__file__).parents[2] / "schemas"
WIDTHS = [64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 1024, 1024]
COUNTS = {
    "widths": WIDTHS,
    "parameters": 23_205_839,
    "parameter_bytes": 92_823_356,
    "macs_backbone": 12_414_600_000,
    "macs_with_frontend": 13_466_600_000,
}


def test_files_of_schema_1_stay_readable() -> None:
    found = load_baseline(SCHEMAS / "baseline-1.json")
    assert list(found.entries) == ["model"]
    assert {key: value for key, value in asdict(found.entries["model"]).items() if value} == {
        **COUNTS,
        "network": "cnn14",
        "widths": tuple(WIDTHS),
    }
    assert found.made_with == MadeWith("0.1.0", "prunebench baseline save cnn14.pth -o baseline.json")
    assert found.tolerances == Tolerances()


def test_files_of_schema_2_stay_readable_and_say_nothing_of_base_models() -> None:
    path = SCHEMAS / "baseline-2.json"
    found, written = load_baseline(path), json.loads(path.read_text(encoding="utf-8"))
    assert json.loads(found.to_json()) == renamed(written)
    quality = found.entries["synth/l1/C7-C12/0.5"].quality
    assert quality is not None
    assert (quality.bases, quality.spread) == ({}, None)


def renamed(written: dict[str, Any]) -> dict[str, Any]:
    """A file of schema 2 or 3 with the names of schema 4."""
    tolerances = dict(written["tolerances"])
    tolerances["file"] = tolerances.pop("file_bytes")
    names = {"file_bytes": "state_dict_bytes", "checkpoint_bytes": "file_bytes"}
    entries = {
        entry: {names.get(key, key): value for key, value in figures.items()}
        for entry, figures in written["entries"].items()
    }
    return {**written, "schema_version": 4, "tolerances": tolerances, "entries": entries}


def test_files_of_schema_3_stay_readable(tmp_path: Path) -> None:
    written = json.loads((SCHEMAS / "baseline-3.json").read_text(encoding="utf-8"))
    written["entries"]["model"] = {**COUNTS, "checkpoint_bytes": 92_900_000}
    (tmp_path / "b.json").write_text(json.dumps(written), encoding="utf-8")
    found = load_baseline(tmp_path / "b.json")
    assert json.loads(found.to_json()) == renamed(written)
    full, model = found.entries["synth/l1/C7-C12/0.5"], found.entries["model"]
    assert (full.state_dict_bytes, full.file_bytes, full.n_classes) == (5000, None, None)
    assert (model.state_dict_bytes, model.file_bytes, model.front_end) == (None, 92_900_000, None)


def test_files_of_schema_4_stay_readable_and_writable() -> None:
    path = SCHEMAS / "baseline-4.json"
    found = load_baseline(path)
    assert found.to_json() == path.read_text(encoding="utf-8")
    model, full = found.entries["model"], found.entries["synth/l1/C7-C12/0.5"]
    assert (model.n_classes, model.front_end) == (527, HeldFrontEnd(32_000, 1024, 320, 64))
    assert (model.state_dict_bytes, model.file_bytes) == (97_220_071, 97_220_519)
    assert full.n_classes == 4
    assert full.quality
    assert full.speed
    assert full.state_dict_bytes
    assert full.quality.bases == {"base 0": "00c0ffee00c0ffee", "base 1": "11c0ffee11c0ffee"}
    assert full.quality.spread == BaseSpread(1.21e-4, 5)
    assert len(found.classes[full.quality.test_clips]) == len(
        next(iter(full.quality.average_precision.values()))
    )
