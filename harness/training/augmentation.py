"""SpecAugment and mixup on features of any size, drawn from a given generator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from prunebench.eval.errors import InputError

TIME_STRIPES, TIME_SHARE = 2, 64 / 1001  # PANNs drops up to 64 of the 1,001 frames of a 10 s clip, twice
MEL_STRIPES, MEL_SHARE = 2, 8 / 64  # and up to 8 of its 64 mels, twice


def spec_augment(features: Tensor, generator: torch.Generator) -> Tensor:
    """Features with stripes of frames and of mel bins set to the clip's mean.

    Park et al., *SpecAugment*, Interspeech 2019, in the sizes of PANNs; stripes scale with the frames and the mels.

    Args:
        features: (clips, frames, mels).
        generator: of the processor, where the stripes are drawn from, so that devices see the same.

    Raises:
        InputError: as `stripe_mask`.
    """
    masked = stripe_mask(features.shape, generator).to(features.device)
    return torch.where(masked, features.mean((1, 2), keepdim=True), features)


def stripe_mask(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    """What SpecAugment hides of features of a shape (clips, frames, mels).

    Raises:
        InputError: for features without mels: waveforms, or maps of a stem.
    """
    if len(shape) != 3 or shape[2] == 1:
        raise InputError(
            "SpecAugment masks mel bands, so features must have them. Found features of the shape "
            f"(clips, {', '.join(map(str, shape[1:]))}): set `spec_augment = false`."
        )
    clips, frames, mels = shape
    longest = max(1, round(TIME_SHARE * frames))
    masked = _stripes(clips, frames, TIME_STRIPES, longest, generator)[:, :, None]
    return masked | _stripes(clips, mels, MEL_STRIPES, max(1, round(MEL_SHARE * mels)), generator)[:, None, :]


def mixup(
    features: Tensor, targets: Tensor, alpha: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Each clip mixed with another of its batch.

    Zhang et al., *mixup: Beyond Empirical Risk Minimization*, ICLR 2018: weights from Beta(alpha, alpha).

    Args:
        features: (clips, …), of any shape.
        targets: (clips, classes) in [0, 1].
        alpha: above 0; 1 is PANNs'.
        generator: of the processor, where weights and partners are drawn from.
    """
    clips = len(features)
    seed = int(torch.randint(2**62, (), generator=generator))
    drawn = torch.from_numpy(np.random.default_rng(seed).beta(alpha, alpha, clips))
    weight = drawn.to(features.dtype).to(features.device)  # Apple's devices have no 64 bits
    partner = torch.randperm(clips, generator=generator).to(features.device)
    shaped = weight.reshape(-1, *(1,) * (features.ndim - 1))
    mixed = shaped * features + (1 - shaped) * features[partner]
    return mixed, weight[:, None] * targets + (1 - weight)[:, None] * targets[partner]


def _stripes(clips: int, length: int, stripes: int, widest: int, generator: torch.Generator) -> Tensor:
    widths = torch.randint(0, min(widest, length), (clips, stripes, 1), generator=generator)
    places = torch.rand((clips, stripes, 1), generator=generator)
    starts = (places * (length - widths)).floor()
    positions = torch.arange(length)
    return ((positions >= starts) & (positions < starts + widths)).any(1)
