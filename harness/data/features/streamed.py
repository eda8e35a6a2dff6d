"""Log-mel features that are computed whenever clips are read, for sets too large to keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prunebench.eval.cost.geometry import MELS
from prunebench.harness.data import DataSet
from prunebench.harness.networks import frontend


class StreamedFeatures:
    """Stands for an array (clips, frames, mels) in decibels; rows are computed when they are taken.

    Args:
        dataset: the data set.
        split: of it.
    """

    def __init__(self, dataset: DataSet, split: str) -> None:
        self._clips = dataset.split(split)
        self._front = frontend.FRONT_ENDS[dataset.sample_rate]
        self.shape = (len(self._clips), frontend.frames(dataset.samples, self._front), MELS)

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, rows: slice | NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Features of some clips, in any thread."""
        if not len(np.arange(len(self))[rows]):
            return np.zeros((0, *self.shape[1:]), dtype=np.float32)
        found: NDArray[np.float32] = self.of(torch.from_numpy(self.waveforms(rows))).numpy()
        return found

    def waveforms(self, rows: slice | NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """What the features of some clips are computed from, (clips, samples)."""
        return self._clips.waveforms(np.arange(len(self))[rows])

    def of(self, waveforms: Tensor) -> Tensor:
        """Features of waveforms, computed where these are: on a CUDA device the processors need only read."""
        return frontend.log_mel(waveforms, self._front)


def input_reader(
    inputs: NDArray[np.float32] | StreamedFeatures, device: torch.device
) -> tuple[Callable[[Any], NDArray[np.float32]], Callable[[NDArray[np.float32]], Tensor]]:
    """How inputs come to a device: what other threads read of some rows, and what makes features of it there.

    Args:
        inputs: log-mel features (clips, frames, mels), kept or streamed.
        device: where a model wants them.
    """

    def moved(read: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(read).to(device, non_blocking=True)

    if isinstance(inputs, StreamedFeatures) and device.type == "cuda":
        return inputs.waveforms, lambda waveforms: inputs.of(moved(waveforms))
    return lambda rows: np.array(inputs[rows]), moved
