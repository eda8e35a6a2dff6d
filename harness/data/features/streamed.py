"""Features that are computed whenever clips are read, for sets too large to keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prunebench.harness.data import DataSet
from prunebench.harness.data.features.making import fitting_front, made_by, map_of
from prunebench.harness.networks.contract.front import Front


class StreamedFeatures:
    """Stands for an array (clips, frames, mels); rows are computed when they are taken.

    Args:
        dataset: the data set.
        split: of it.
        front: the front end of a network; PANNs' of the data set's rate by default.
    """

    def __init__(self, dataset: DataSet, split: str, front: Front | None = None) -> None:
        self._clips = dataset.split(split)
        self._front = fitting_front(dataset, front)
        self.shape = (len(self._clips), *map_of(self._front, dataset.samples))

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
        return made_by(self._front, waveforms, self.shape[1:])


def input_reader(
    inputs: NDArray[np.float32] | StreamedFeatures, device: torch.device
) -> tuple[Callable[[Any], NDArray[np.float32]], Callable[[NDArray[np.float32]], Tensor]]:
    """How inputs come to a device: what other threads read of some rows, and what makes features of it there.

    Args:
        inputs: features (clips, frames, mels), kept or streamed.
        device: where a model wants them.
    """

    def moved(read: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(read).to(device, non_blocking=True)

    if isinstance(inputs, StreamedFeatures) and device.type == "cuda":
        return inputs.waveforms, lambda waveforms: inputs.of(moved(waveforms))
    return lambda rows: np.array(inputs[rows]), moved
