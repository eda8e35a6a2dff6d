"""What a model hears through, in numbers."""

from __future__ import annotations

from typing import Any

from torch import nn

from prunebench.eval.cost.front_ends import front_end_convention, known_front_end_macs
from prunebench.eval.cost.geometry import clip_of


def front_end_of(model: nn.Module) -> dict[str, int | str | None]:
    """Rate in Hz, window and hop in samples, mels, frames of 10 s, and MACs with the word that says how they count.

    Args:
        model: what `measurable_of` gives; where its front end does not say its MACs, these and the word are `None`.
    """
    measured: Any = model
    clip, front = clip_of(model), measured.frontend
    macs = known_front_end_macs(model, clip.samples)
    return {
        "sample_rate": front.sample_rate,
        "window": clip.window,
        "hop": clip.hop,
        "mels": clip.mels,
        "frames": clip.frames,
        "macs": macs,
        "counted_as": None if macs is None else front_end_convention(model),
    }
