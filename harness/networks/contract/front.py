"""What a front end is: how a network is fed."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Front(Protocol):
    """What makes the features of a network; a value, equal to another that makes the same.

    It may say more. `frames(samples)` gives the frames of a clip, which is otherwise run to be counted. `macs(samples)`
    gives its MACs by the convention that `counted_as` names (`"convolution"`, `"fft"` or `"none"`); without them a
    model has no figures with front end. `shortest` is the number of samples that shorter waveforms are padded to.
    """

    @property
    def sample_rate(self) -> int:
        """Of the waveforms, Hz."""

    @property
    def window(self) -> int:
        """Samples of a frame."""

    @property
    def hop(self) -> int:
        """Samples from a frame to the next."""

    @property
    def mels(self) -> int:
        """Mels of a frame."""

    def features(self, waveforms: Tensor) -> Tensor:
        """Waveforms (clips, samples) to features (clips, frames, mels)."""
