"""The recipe of a training: steps, batch, learning rate and what else decides its result."""

from __future__ import annotations

import math
from dataclasses import dataclass

VERSION = 1  # raised when the same recipe gives other weights


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    Args:
        steps: optimiser steps.
        batch: clips per step.
        learning_rate: peak rate of AdamW.
        warmup: share of the steps over which the rate rises linearly; then it falls as a cosine to 0.
        weight_decay: of AdamW.
        clip_norm: gradients are scaled down to this norm.
        spec_augment: mask stripes of time and mel bins, as PANNs does.
        mixup: parameter of the Beta distribution clips are mixed with; 0 for none.
    """

    steps: int
    batch: int = 16
    learning_rate: float = 1e-3
    warmup: float = 0.1
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    spec_augment: bool = False
    mixup: float = 0.0

    @property
    def warm_steps(self) -> int:
        """Steps over which the rate rises: at least one here."""
        return max(1, round(self.warmup * self.steps))

    def rate_at(self, step: int) -> float:
        """The learning rate of a step relative to the peak: a linear rise, then a cosine to 0."""
        warm = self.warm_steps
        if step < warm:
            return (step + 1) / warm
        return 0.5 + 0.5 * math.cos(math.pi * (step - warm) / max(1, self.steps - warm))
