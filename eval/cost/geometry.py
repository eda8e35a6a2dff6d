"""The shape of a Cnn14 in numbers: what each layer reads and writes for one clip.

Architecture of Kong et al., *PANNs*, TASLP 2020, Table I: twelve 3×3 convolutions in six blocks, 2×2 pooling
after each block but the last, over log-mel features of 32 kHz audio (1024 window, 320 hop, 64 mels).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code

SAMPLE_RATE = 32_000
SECONDS = 10
SAMPLES = SECONDS * SAMPLE_RATE  # the clip that all published figures are for
WINDOW = 1024
HOP = 320
MELS = 64
KERNEL = 9  # weights of a 3×3 kernel
SHORTEST_FRAMES = 32  # five poolings by 2 leave one


class Clip(NamedTuple):
    """A clip as the front end of a model takes it: samples, those of a window and of a hop, frames and their mels."""

    samples: int = SAMPLES
    window: int = WINDOW
    hop: int = HOP
    mels: int = MELS
    frames: int = SAMPLES // HOP + 1


def clip_of(model: Any, samples: int | None = None) -> Clip:
    """A clip for a model, in the terms of the model's own front end.

    Args:
        model: its `frontend` has `sample_rate`, `window`, `hop` and `mels`; without one it is that of PANNs at
            32 kHz.
        samples: at the model's rate; 10 s by default.
    """
    front = getattr(model, "frontend", None)
    if front is None:
        return Clip(samples or SAMPLES, frames=frames(samples or SAMPLES))
    length = samples or SECONDS * front.sample_rate
    return Clip(length, front.window, front.hop, front.mels, frames_of(front, length))


def frames_of(front: Any, samples: int) -> int:
    """Frames that a front end makes of a clip: as its `frames` says, else as many as it gives for silence.

    Raises:
        InputError: for a front end that fails, or gives no frame.
    """
    with foreign_code(f"A front end must give the number of frames of {samples} samples"):
        told = getattr(front, "frames", None)
        if callable(told):
            return counted(told(samples), least=1)
        import torch  # here, so that costs by arithmetic load without it

        return counted(front.features(torch.zeros(1, samples)).shape[1], least=1)


def counted(value: object, *, least: int = 0) -> int:
    """A count that code of somebody else gave.

    Raises:
        ValueError: for what is no whole number, or a smaller one than `least`.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{value!r:.60}, which is not a whole number of at least {least}")
    return value


@dataclass(frozen=True)
class Convolution:
    """One convolution: `filters` over `channels`, on feature maps of `frames` × `mels`."""

    name: str
    channels: int
    filters: int
    frames: int
    mels: int

    @property
    def outputs(self) -> int:
        """Values it writes for one clip."""
        return self.filters * self.frames * self.mels

    @property
    def inputs(self) -> int:
        """Values it reads for one clip."""
        return self.channels * self.frames * self.mels


def frames(samples: int, hop: int = HOP) -> int:
    """The number of frames of a clip with that many samples: one for every `hop` samples.

    Raises:
        InputError: if the clip is too short for five poolings.
    """
    shortest = (SHORTEST_FRAMES - 1) * hop
    if samples < shortest:
        raise InputError(
            f"Parameter `samples` must be at least {shortest}, else pooling leaves nothing. "
            f"Found `samples = {samples}`."
        )
    return samples // hop + 1


def convolutions(widths: Sequence[int], samples: int = SAMPLES, hop: int = HOP) -> list[Convolution]:
    """C1 … C12 on one clip.

    Args:
        widths: filters of C1 … C12.
        samples: length of the clip; at 32 kHz with the default hop.
        hop: samples from frame to frame.

    Raises:
        InputError: unless there are 12 widths of at least 1 and the clip is long enough.
    """
    if len(widths) != 12 or min(widths) < 1:
        raise InputError(
            f"Parameter `widths` must be 12 integers of at least 1. Found `widths = {list(widths)}`."
        )
    time, mels, channels = frames(samples, hop), MELS, 1
    layers = []
    for index, filters in enumerate(widths):
        if index and index % 2 == 0:
            time, mels = time // 2, mels // 2
        layers.append(Convolution(f"C{index + 1}", channels, filters, time, mels))
        channels = filters
    return layers
