"""An axis of a tensor, and what is left of it when filters of groups go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """An axis of a tensor that groups cut.

    Args:
        entries: of the unpruned tensor.
        cuts: (place of a group, entries that go with each of its filters); several groups may lie side by side.
    """

    entries: int
    cuts: tuple[tuple[int, int], ...]

    def left(self, gone: Sequence[int]) -> int:
        """Entries that stay where each group has lost so many filters."""
        return self.entries - sum(each * gone[group] for group, each in self.cuts)
