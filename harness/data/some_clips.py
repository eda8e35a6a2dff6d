"""A part of a split."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.harness.data.dataset import Clips


def drawn_rows(clips: int, wanted: int) -> NDArray[np.int64]:
    """Which of so many clips are taken to calibrate on: the same ones wherever it is asked, in ascending order."""
    return np.sort(np.random.default_rng(0).permutation(clips)[:wanted])


class SomeClips(Clips):
    """Some of the clips of a split, in their order.

    Args:
        clips: the split.
        chosen: their places in it.
        targets: (clips chosen, classes), where they are not those of the split.
    """

    def __init__(
        self, clips: Clips, chosen: NDArray[np.intp], targets: NDArray[np.bool_] | None = None
    ) -> None:
        self._clips, self._chosen = clips, chosen
        self.names = tuple(clips.names[index] for index in chosen)
        self.sources = tuple(clips.sources[index] for index in chosen)
        self.targets = clips.targets[chosen] if targets is None else targets
        self.noted, self.sample_rate = clips.noted, clips.sample_rate

    def waveform(self, index: int) -> NDArray[np.float32]:
        """Clip `index`, mono at the set's rate in [-1, 1]."""
        return self._clips.waveform(int(self._chosen[index]))

    def waveforms(self, indices: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Some clips, (clips, samples), read together where the split can."""
        return self._clips.waveforms(self._chosen[indices])
