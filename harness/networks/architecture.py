"""The shape of an unpruned model: what budgets and allocations are computed on."""

from __future__ import annotations

from dataclasses import dataclass

from prunebench.eval.cost.complexity import cnn14_macs, parameters
from prunebench.eval.cost.geometry import SAMPLE_RATE, SECONDS
from prunebench.harness.networks.frontend import FRONT_ENDS
from prunebench.harness.networks.layers import PUBLISHED_WIDTHS

COSTS = ("macs_backbone", "macs_with_frontend", "parameters")


@dataclass(frozen=True)
class Architecture:
    """A Cnn14 by its numbers.

    Args:
        widths: filters of C1 … C12.
        embedding: width of `fc1`.
        n_classes: outputs.
        sample_rate: of its front end, Hz.
    """

    widths: tuple[int, ...]
    embedding: int
    n_classes: int
    sample_rate: int = SAMPLE_RATE

    def cost(self, kind: str, widths: tuple[int, ...] | None = None) -> int:
        """MACs for one 10 s clip or parameters, by the closed form.

        Args:
            kind: one of `COSTS`.
            widths: of a pruned shape; the architecture's own by default.
        """
        shape = (widths or self.widths, self.n_classes, self.embedding)
        if kind == "parameters":
            return parameters(*shape)
        front = FRONT_ENDS[self.sample_rate]
        macs = cnn14_macs(*shape, SECONDS * front.sample_rate, window=front.window, hop=front.hop)
        return macs.backbone if kind == "macs_backbone" else macs.with_frontend

    def share(self, kind: str, widths: tuple[int, ...]) -> float:
        """Cost of a pruned shape relative to the unpruned one, in (0, 1]."""
        return self.cost(kind, widths) / self.cost(kind)


def scaled_widths(width: float) -> tuple[int, ...]:
    """The published widths times `width`, rounded, at least 1."""
    return tuple(max(1, round(filters * width)) for filters in PUBLISHED_WIDTHS)


def scaled_embedding(width: float) -> int:
    """The published embedding times `width`, rounded, at least 1."""
    return max(1, round(2048 * width))
