"""The shape of an unpruned model: what budgets and allocations are computed on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from prunebench.eval.cost.activations import activation_peak_bytes
from prunebench.eval.cost.complexity import cnn14_macs, layer_macs, parameters
from prunebench.eval.cost.geometry import SAMPLE_RATE, SECONDS
from prunebench.harness.networks.frontend import FRONT_ENDS
from prunebench.harness.networks.layer_times import ModelTimes
from prunebench.harness.networks.layers import LAYERS, PUBLISHED_WIDTHS, STEM
from prunebench.harness.networks.shape import BYTES, Shape
from prunebench.harness.networks.shape import COSTS as COSTS


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
        seconds: length of the clip that costs are for.
        times: as `Shape` has them.
        other_file_bytes: what the file holds besides weights and batch norms, 0 where nobody asked.
    """

    widths: tuple[int, ...]
    embedding: int
    n_classes: int
    sample_rate: int = SAMPLE_RATE
    network: str = "cnn14"
    divisors: tuple[int, ...] = ()
    seconds: float = SECONDS
    other_file_bytes: int = 0
    times: ModelTimes | None = None

    groups: tuple[str, ...] = field(default=LAYERS, init=False, repr=False)
    files: tuple[str, ...] = field(default=(), init=False, repr=False)
    front_end: str = field(default="convolution", init=False, repr=False)

    def cost(self, kind: str, widths: tuple[int, ...] | None = None) -> int:
        """As `Shape.cost`, by the closed form."""
        left = widths or self.widths
        if kind.startswith("latency_"):
            return self.nanoseconds(kind, left)
        shape = (left, self.n_classes, self.embedding)
        if kind == "parameters":
            return parameters(*shape)
        if (
            kind == "file_bytes"
        ):  # a batch norm has a running mean and variance beside its trainable parameters
            return self.other_file_bytes + BYTES * (parameters(*shape) + 2 * sum(left))
        front = FRONT_ENDS[self.sample_rate]
        samples = round(self.seconds * front.sample_rate)
        if kind == "memory":
            return BYTES * parameters(*shape) + activation_peak_bytes(left, samples, BYTES, hop=front.hop)
        macs = cnn14_macs(*shape, samples, window=front.window, hop=front.hop)
        return macs.backbone if kind == "macs_backbone" else macs.with_frontend

    def at(self, seconds: float) -> Architecture:
        """As `Shape.at`."""
        return replace(self, seconds=seconds)

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
