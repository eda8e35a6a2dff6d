from pathlib import Path

import pytest

SOURCE = '''
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from prunebench.harness.data import Clips, DataSet, DataSetBuilder

class Tones(Clips):
    def __init__(self, split, clips):
        self.names = tuple(f"{split}-{index}" for index in range(clips))
        self.sources = tuple((name,) for name in self.names)
        self.targets = np.eye(2, dtype=bool)[np.arange(clips) % 2]
        self.split = split

    def waveform(self, index):
        draw = np.random.default_rng([len(self.split), index])
        return draw.uniform(-0.5, 0.5, 16000).astype(np.float32)

@dataclass(frozen=True)
class Mine(DataSetBuilder):
    """Noises of two names."""
    name: ClassVar[str] = "mine"
    clips: int = 8

    def build(self, root):
        sizes = {"training": self.clips, "validation": 4, "test": 4}
        splits = {split: Tones(split, size) for split, size in sizes.items()}
        return DataSet("", {}, ("even", "odd"), samples=16000, **splits)
'''


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A file that defines the data set `mine`."""
    file = tmp_path / "mine.py"
    file.write_text(SOURCE)
    return file
