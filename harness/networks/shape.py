"""The shape of a model: the widths of its groups, and what it costs at these or at smaller ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from prunebench.harness.networks.layer_times import ModelTimes

COSTS = ("macs_backbone", "macs_with_frontend", "parameters")
BYTES = 4  # of a number in float32


class Shape(ABC):
    """A model by its numbers: what budgets, allocations and forecasts are computed on.

    Attributes:
        network: label of the network, as records have it.
        files: Python files that define it, empty for a network that is built in or installed.
        groups: names of its groups of filters, in the order of the network.
        widths: filters of each group.
        n_classes: outputs.
        front_end: how MACs with the front end count it, as `prunebench.eval.cost.front_ends` has it.
        divisors: what stays of each group is a multiple of its own; 1 for all where there are none.
        times: what its layers took on this machine, `None` where nobody timed them.
    """

    network: str
    files: tuple[str, ...]
    groups: tuple[str, ...]
    widths: tuple[int, ...]
    n_classes: int
    front_end: str
    divisors: tuple[int, ...]
    times: ModelTimes | None

    @abstractmethod
    def cost(self, kind: str, widths: tuple[int, ...] | None = None) -> int:
        """MACs for one clip, parameters, or bytes in float32.

        Args:
            kind: one of `COSTS`; `"latency_eager"` and the like, in nanoseconds, where
                the shape has `times`; `"file_bytes"`, of the state dict as `torch.save` writes it, where
                the shape was made to know it; `"memory"`, of the trainable parameters and the largest
                input plus output of a convolution.
            widths: of a pruned shape; the model's own by default.
        """

    @abstractmethod
    def at(self, seconds: float) -> Shape:
        """The same model with costs for a clip of that length (10 s otherwise)."""

    @abstractmethod
    def tail_share(self, widths: tuple[int, ...]) -> float:
        """Share of the unpruned tail's MACs that a pruned shape's tail has, in (0, 1]; 1 without a tail."""

    def nanoseconds(self, kind: str, widths: tuple[int, ...]) -> int:
        """The latency of a pruned shape by the times of its layers, which is not exactly the measured one."""
        assert self.times is not None, f"no layer was timed for {kind}"
        assert self.times.kind == kind, f"layers were timed for {self.times.kind}, not {kind}"
        if not self.times.layers:  # nothing was timed yet, and MACs stand for it
            return self.cost("macs_backbone", widths)
        gone = [whole - left for whole, left in zip(self.widths, widths, strict=True)]
        return round(1e6 * self.times.ms(gone))

    def for_target(self, scope: str, target: float | None) -> Self:
        """The same model, with latencies corrected by the whole models that were timed for this scope and target."""
        if self.times is None or target is None:
            return self
        whole = dict(self.times.wholes).get((scope, target))
        same: Any = self  # every shape is a dataclass
        return self if whole is None else replace(same, times=replace(self.times, whole=whole))

    def decides(self, kind: str) -> dict[str, object]:
        """What else than its widths decides which shapes meet a budget of a kind, as JSON values."""
        found: dict[str, object] = {"divisors": list(self.divisors)} if self.rounds else {}
        if self.times is not None and self.times.kind == kind:
            whole = self.times.whole
            found["latencies"] = [self.times.content, whole and [whole.saved, whole.ms]]
        return found

    def share(self, kind: str, widths: tuple[int, ...]) -> float:
        """Cost of a pruned shape relative to the unpruned one, in (0, 1]."""
        return self.cost(kind, widths) / self.cost(kind)

    def place(self, group: str) -> int:
        """Where a group stands in `widths`."""
        return self.groups.index(group)

    def filters(self, groups: Sequence[str]) -> list[int]:
        """Filters of some groups."""
        return [self.widths[self.place(group)] for group in groups]

    def multiples(self, groups: Sequence[str]) -> list[int]:
        """Divisors of some groups."""
        return [self.divisors[self.place(group)] if self.divisors else 1 for group in groups]

    @property
    def rounds(self) -> bool:
        """Whether budgets are rounded to multiples."""
        return any(divisor > 1 for divisor in self.divisors)

    def without(self, groups: Sequence[str], counts: Sequence[int]) -> tuple[int, ...]:
        """Widths after each of some groups lost its count of filters."""
        left = list(self.widths)
        for group, count in zip(groups, counts, strict=True):
            left[self.place(group)] -= count
        return tuple(left)

    def by_group(self, widths: Sequence[int]) -> Mapping[str, int]:
        """Group → filters."""
        return dict(zip(self.groups, widths, strict=True))
