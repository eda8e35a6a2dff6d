"""Log-mel features that are computed whenever clips are read, for sets too large to keep them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from prunebench.harness import frontend
from prunebench.harness.data import DataSet


class StreamedFeatures:
    """Stands for an array (clips, frames, mels) in decibels; rows are computed when they are taken.

    Args:
        dataset: the data set.
        split: of it.
    """

    def __init__(self, dataset: DataSet, split: str) -> None:
        self._clips = dataset.split(split)
        self._front = frontend.FRONT_ENDS[dataset.sample_rate]
        self.shape = (len(self._clips), frontend.frames(dataset.samples, self._front), frontend.MELS)

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, rows: slice | NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Features of some clips, in any thread."""
        chosen = np.arange(len(self))[rows]
        if not len(chosen):
            return np.zeros((0, *self.shape[1:]), dtype=np.float32)
        waveforms = torch.from_numpy(self._clips.waveforms(chosen))
        found: NDArray[np.float32] = frontend.log_mel(waveforms, self._front).numpy()
        return found
