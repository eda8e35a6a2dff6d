"""A data set of one's own: two classes of noise, eight clips in each split."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from prunebench.harness.data import Clips, DataSet, DataSetBuilder


class Noises(Clips):
    def __init__(self, split, clips):
        self.split, self.names = split, tuple(f"{split}-{index}" for index in range(clips))
        self.sources = tuple((name,) for name in self.names)
        self.targets = np.eye(2, dtype=bool)[np.arange(clips) % 2]

    def waveform(self, index):
        draw = np.random.default_rng([len(self.split), index])
        return (draw.uniform(-0.5, 0.5, 32000) * (0.1, 1)[index % 2]).astype(np.float32)


@dataclass(frozen=True)
class Mine(DataSetBuilder):
    """Quiet and loud noise."""

    name: ClassVar[str] = "mine"

    def build(self, root):
        splits = {split: Noises(split, 8) for split in ("training", "validation", "test")}
        return DataSet("", {}, ("quiet", "loud"), samples=32000, **splits)
