"""What the harness knows of a data set: three fixed splits of clips with multi-hot targets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.cost.geometry import SAMPLE_RATE

SPLITS = ("training", "validation", "test")


class Clips(ABC):
    """The clips of one split.

    Attributes:
        names: one name per clip.
        targets: (clips, classes), which classes a clip holds.
        sources: the recordings each clip is made of; two clips that share one are not independent.
        noted: recordings of which something is told: that decoding changes their samples, or that another split has the
            same.
        sample_rate: of the waveforms, Hz.
    """

    names: tuple[str, ...]
    targets: NDArray[np.bool_]
    sources: tuple[tuple[str, ...], ...]
    noted: tuple[tuple[str, str], ...] = ()
    sample_rate: int = SAMPLE_RATE

    def __len__(self) -> int:
        return len(self.names)

    @abstractmethod
    def waveform(self, index: int) -> NDArray[np.float32]:
        """Clip `index`, mono at the set's rate in [-1, 1]; every clip of a data set has the same length."""

    def waveforms(self, indices: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Some clips, (clips, samples)."""
        return np.stack([self.waveform(int(index)) for index in indices])


@dataclass(frozen=True)
class DataSet:
    """Three fixed splits.

    Args:
        label: as records and plots name it, `"synth"` or `"esc10 mix=3"`.
        identity: all that decides its clips, as JSON values; its `version` is raised when clips change.
        class_names: one per column of the targets.
        samples: length of every clip at `sample_rate`.
        training, validation, test: the splits; nothing is ever selected on `test`.
        sample_rate: of the waveforms, Hz.
        streamed: splits that are too large to keep features of: these are computed whenever clips are read.
        skipped: clips that could not be used, each with the reason.
    """

    label: str
    identity: Mapping[str, object]
    class_names: tuple[str, ...]
    samples: int
    training: Clips
    validation: Clips
    test: Clips
    sample_rate: int = SAMPLE_RATE
    streamed: frozenset[str] = frozenset()
    skipped: tuple[tuple[str, str], ...] = ()

    def split(self, name: str) -> Clips:
        """`"training"`, `"validation"` or `"test"`."""
        return {"training": self.training, "validation": self.validation, "test": self.test}[name]

    @property
    def noted(self) -> tuple[tuple[str, str], ...]:
        """Recordings of any split of which something is told, each with what."""
        return tuple(note for split in SPLITS for note in self.split(split).noted)
