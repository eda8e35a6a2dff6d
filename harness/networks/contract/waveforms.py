"""The front end of a network that reads waveforms: it leaves them as they are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

from torch import Tensor


@dataclass(frozen=True)
class Waveforms:
    """Features that are the waveform itself: a frame is a sample, with one value.

    Args:
        sample_rate: of the waveforms, Hz.
    """

    sample_rate: int = 32_000

    counted_as: ClassVar[str] = "none"

    @property
    def window(self) -> int:
        """Samples of a frame."""
        return 1

    @property
    def hop(self) -> int:
        """Samples from a frame to the next."""
        return 1

    @property
    def mels(self) -> int:
        """Values of a frame."""
        return 1

    @property
    def identity(self) -> dict[str, object]:
        """All that decides features, as it enters the hash of what is computed from them."""
        return {"front_end": "waveforms", "version": 1, **asdict(self)}

    def frames(self, samples: int) -> int:
        """As many as samples."""
        return samples

    def macs(self, samples: int) -> int:
        """None: the network makes its own features, and they count as part of it."""
        return 0

    def features(self, waveforms: Tensor) -> Tensor:
        """Waveforms (clips, samples) to themselves, (clips, samples, 1)."""
        return waveforms[..., None]
