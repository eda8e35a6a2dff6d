"""The shape of a model of any network: its costs by arithmetic on the tensors that its groups cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from prunebench.harness.networks.shape import Shape


@dataclass(frozen=True)
class Axis:
    """An axis of a tensor that groups cut.

    Args:
        entries: of the unpruned tensor.
        cuts: (place of a group, entries that go with each of its filters); several groups may lie side by side.
    """

    entries: int
    cuts: tuple[tuple[int, int], ...]


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
class CountedShape(Shape):
    """A model by its numbers.

    Args:
        network, files, groups, widths, n_classes: as `Shape` has them.
        tensors: with what each costs.
        frontend_macs: of one 10 s clip.
        front_end, divisors: as `Shape` has them.
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

    def cost(self, kind: str, widths: tuple[int, ...] | None = None) -> int:
        """As `Shape.cost`; exact where each filter of a group has as many entries of an axis as the others."""
        numbers = self._numbers(widths or self.widths)
        if kind == "parameters":
            return sum(n for n, t in zip(numbers, self.tensors, strict=True) if t.trainable)
        macs = sum(n * t.positions for n, t in zip(numbers, self.tensors, strict=True))
        return macs + (self.frontend_macs if kind == "macs_with_frontend" else 0)

    def tail_share(self, widths: tuple[int, ...]) -> float:
        """As `Shape.tail_share`."""
        pruned, whole = (
            sum(n * t.positions for n, t in zip(self._numbers(of), self.tensors, strict=True) if t.in_tail)
            for of in (widths, self.widths)
        )
        return pruned / whole

    def _numbers(self, widths: Sequence[int]) -> list[int]:
        gone = [whole - left for whole, left in zip(self.widths, widths, strict=True)]
        return [
            t.fixed * math.prod(a.entries - sum(each * gone[g] for g, each in a.cuts) for a in t.axes)
            for t in self.tensors
        ]
