"""The shape of a model of any network: its costs by arithmetic on the tensors that its groups cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from prunebench.eval.cost.geometry import SECONDS
from prunebench.harness.networks.layer_times import Axis as Axis
from prunebench.harness.networks.layer_times import ModelTimes
from prunebench.harness.networks.shape import BYTES, Shape


@dataclass(frozen=True)
class CountedTensor:
    """A trainable tensor.

    Args:
        fixed: numbers in it for each combination of entries of `axes`.
        axes: that groups cut.
        positions: how often each of its numbers is multiplied for one 10 s clip; 0 of tensors that are no weights of
            a convolution or linear layer.
        trainable: whether it counts as parameters.
        in_tail: whether the tail holds it.
    """

    fixed: int
    axes: tuple[Axis, ...]
    positions: int = 0
    trainable: bool = True
    in_tail: bool = True


@dataclass(frozen=True)
class CountedMaps:
    """What a convolution reads and writes for one clip.

    Args:
        inputs, outputs: numbers of each channel.
        read, written: the channels.
    """

    inputs: int
    read: Axis
    outputs: int
    written: Axis


@dataclass(frozen=True)
class CountedShape(Shape):
    """A model by its numbers.

    Args:
        network, files, groups, widths, n_classes: as `Shape` has them.
        tensors: with what each costs.
        frontend_macs: of one 10 s clip.
        front_end, divisors: as `Shape` has them.
        maps: of every convolution.
        buffers: tensors that are stored and not trained, and that groups cut: running statistics.
        other_file_bytes: what the file holds besides `tensors` and `buffers`, 0 where nobody asked.
        clips: the model counted for clips of other lengths, by seconds.
        times: as `Shape` has them.
    """

    network: str
    groups: tuple[str, ...]
    widths: tuple[int, ...]
    n_classes: int
    tensors: tuple[CountedTensor, ...]
    frontend_macs: int
    files: tuple[str, ...] = ()
    front_end: str = "convolution"
    divisors: tuple[int, ...] = ()
    maps: tuple[CountedMaps, ...] = ()
    buffers: tuple[CountedTensor, ...] = ()
    other_file_bytes: int = 0
    clips: tuple[tuple[float, CountedShape], ...] = ()
    times: ModelTimes | None = None

    def cost(self, kind: str, widths: tuple[int, ...] | None = None) -> int:
        """As `Shape.cost`; exact where each filter of a group has as many entries of an axis as the others."""
        left = widths or self.widths
        if kind.startswith("latency_"):
            return self.nanoseconds(kind, left)
        numbers = self._numbers(left)
        if kind == "parameters":
            return sum(n for n, t in zip(numbers, self.tensors, strict=True) if t.trainable)
        if kind == "file_bytes":
            stored = sum(numbers) + sum(self._of(self.buffers, left))
            return self.other_file_bytes + BYTES * stored
        if kind == "memory":
            return BYTES * (self.cost("parameters", left) + self._largest_maps(left))
        macs = sum(n * t.positions for n, t in zip(numbers, self.tensors, strict=True))
        return macs + (self.frontend_macs if kind == "macs_with_frontend" else 0)

    def at(self, seconds: float) -> CountedShape:
        """As `Shape.at`, of a length in `clips`."""
        return self if seconds == SECONDS else dict(self.clips)[seconds]

    def tail_share(self, widths: tuple[int, ...]) -> float:
        """As `Shape.tail_share`."""
        pruned, whole = (
            sum(n * t.positions for n, t in zip(self._numbers(of), self.tensors, strict=True) if t.in_tail)
            for of in (widths, self.widths)
        )
        return pruned / whole

    def _numbers(self, widths: Sequence[int]) -> list[int]:
        return self._of(self.tensors, widths)

    def _of(self, tensors: Sequence[CountedTensor], widths: Sequence[int]) -> list[int]:
        gone = self._gone(widths)
        return [t.fixed * math.prod(axis.left(gone) for axis in t.axes) for t in tensors]

    def _largest_maps(self, widths: Sequence[int]) -> int:
        gone = self._gone(widths)
        return max(
            (m.inputs * m.read.left(gone) + m.outputs * m.written.left(gone) for m in self.maps),
            default=0,
        )

    def _gone(self, widths: Sequence[int]) -> list[int]:
        return [whole - left for whole, left in zip(self.widths, widths, strict=True)]
