"""The shape of an unpruned model: what budgets and allocations are computed on."""

from __future__ import annotations

from dataclasses import dataclass, field

from prunebench.eval.cost.complexity import cnn14_macs, layer_macs, parameters
from prunebench.eval.cost.geometry import SAMPLE_RATE, SECONDS
from prunebench.harness.networks.frontend import FRONT_ENDS
from prunebench.harness.networks.layers import LAYERS, PUBLISHED_WIDTHS, STEM
from prunebench.harness.networks.shape import COSTS as COSTS
from prunebench.harness.networks.shape import Shape


@dataclass(frozen=True)
class Architecture(Shape):
    """A Cnn14 by its numbers.

    Args:
        widths: filters of C1 … C12.
        embedding: width of `fc1`.
        n_classes: outputs.
        sample_rate: of its front end, Hz.
        network: label that records have.
        divisors: as `Shape` has them.
    """

    widths: tuple[int, ...]
    embedding: int
    n_classes: int
    sample_rate: int = SAMPLE_RATE
    network: str = "cnn14"
    divisors: tuple[int, ...] = ()

    groups: tuple[str, ...] = field(default=LAYERS, init=False, repr=False)
    files: tuple[str, ...] = field(default=(), init=False, repr=False)
    front_end: str = field(default="convolution", init=False, repr=False)

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

    def tail_share(self, widths: tuple[int, ...]) -> float:
        """As `Shape.tail_share`: of C7–C12 and the head."""
        stem = {"stft", *STEM}
        pruned, whole = (
            sum(
                macs
                for name, macs in layer_macs(of, self.n_classes, self.embedding).items()
                if name not in stem
            )
            for of in (widths, self.widths)
        )
        return pruned / whole


def scaled_widths(width: float) -> tuple[int, ...]:
    """The published widths times `width`, rounded, at least 1."""
    return tuple(max(1, round(filters * width)) for filters in PUBLISHED_WIDTHS)


def scaled_embedding(width: float) -> int:
    """The published embedding times `width`, rounded, at least 1."""
    return max(1, round(2048 * width))
