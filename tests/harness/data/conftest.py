from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")
CLASSES = {7: "hum", 3: "whine", 41: "hiss"}


def sound(target: int, take: int, rate: int) -> np.ndarray:
    """A tenth of a second: a pitch per class, or noise for the last."""
    rng = np.random.default_rng((target, take))
    if CLASSES[target] == "hiss":
        return 0.1 * rng.standard_normal(rate // 10)
    return 0.3 * np.sin(2 * np.pi * 20 * target * np.arange(rate // 10) / rate + take)


@pytest.fixture
def make_collection(tmp_path: Path) -> Callable[..., Path]:
    """A folder in ESC-50 layout, per fold two short recordings of three classes (two in ESC-10)."""

    def make(name: str = "collection", *, folds: int = 4, rate: int = 8000) -> Path:
        root = tmp_path / name
        (root / "meta").mkdir(parents=True)
        (root / "audio").mkdir()
        rows = []
        for fold in range(1, folds + 1):
            for target, category in CLASSES.items():
                for take in "AB":
                    file = f"{fold}-{fold}{target}-{take}-{target}.wav"
                    soundfile.write(root / "audio" / file, sound(target, 10 * fold + ord(take), rate), rate)
                    rows.append((file, fold, target, category, target != 41, f"{fold}{target}", take))
        write_rows(root, rows)
        return root

    return make


def write_rows(root: Path, rows: list[tuple[object, ...]], columns: tuple[str, ...] = COLUMNS) -> None:
    with (root / "meta" / "esc50.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([columns, *rows])


@pytest.fixture
def collection(make_collection: Callable[..., Path]) -> Path:
    return make_collection()
