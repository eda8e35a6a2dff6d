"""A data set as a plug-in of prunebench: tones in noise, whose pitch is the class."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from prunebench.harness.data import SPLITS, Clips, DataSet, DataSetBuilder

PITCHES = {"low": 220.0, "middle": 660.0, "high": 1760.0}  # hertz
RATE = 32000


class BeepClips(Clips):
    """One split; only the split and its index decide a clip."""

    def __init__(self, split: str, number: int) -> None:
        self._split = SPLITS.index(split)
        self.names = tuple(f"{split}-{index}" for index in range(number))
        self.sources = tuple((name,) for name in self.names)
        self.targets = np.eye(len(PITCHES), dtype=bool)[np.arange(number) % len(PITCHES)]

    def waveform(self, index: int) -> np.ndarray:
        """Clip `index`, one second at 32 kHz in [-1, 1]."""
        draw = np.random.default_rng([self._split, index])
        pitch = list(PITCHES.values())[index % len(PITCHES)] * draw.uniform(0.9, 1.1)
        tone = 0.3 * np.sin(2 * np.pi * pitch * np.arange(RATE) / RATE)
        return (tone + draw.uniform(-0.1, 0.1, RATE)).astype(np.float32)


@dataclass(frozen=True)
class Beeps(DataSetBuilder):
    """Tones of three pitches in noise; `clips` of them to train on."""

    clips: int = 240

    name: ClassVar[str] = "beeps"

    def build(self, root: Path | None) -> DataSet:
        """A third as many clips validate and test."""
        sizes = {"training": self.clips, "validation": self.clips // 3, "test": self.clips // 3}
        splits = {split: BeepClips(split, number) for split, number in sizes.items()}
        return DataSet(self.label, {}, tuple(PITCHES), samples=RATE, **splits)
