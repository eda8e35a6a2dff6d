"""What the checks look at: a data set, a second one that must be equal, and some of its clips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from prunebench.harness.data.data_set_builder import DataSetBuilder
from prunebench.harness.data.dataset import DataSet

DRAWN = 8  # clips of a split that are looked at closely


@dataclass(frozen=True)
class DataSetUnderTest:
    """A data set under test; what takes long is made once.

    Args:
        title: what messages call it.
        make: builds it.
        builder: the plug-in, `None` where a built-in set is checked.
        root: folder of the option `data.root`.
    """

    title: str
    make: Callable[[], DataSet]
    builder: DataSetBuilder | None = None
    root: str | None = None

    @cached_property
    def data(self) -> DataSet:
        """The data set."""
        return self.make()

    def drawn(self, split: str, most: int = DRAWN) -> NDArray[np.int64]:
        """Places of at most so many clips of a split, evenly spaced from the first to the last."""
        clips = len(self.data.split(split))
        return np.unique(np.linspace(0, clips - 1, min(most, clips)).round().astype(np.int64))

    def waveforms(self, split: str) -> dict[int, NDArray[np.float32]]:
        """The clips that are drawn, by their places."""
        clips = self.data.split(split)
        return {int(index): clips.waveform(int(index)) for index in self.drawn(split)}
