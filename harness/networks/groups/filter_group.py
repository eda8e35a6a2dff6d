"""Filters that go together: one index removes an entry everywhere in the group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Cut:
    """Where a tensor loses entries when filters of a group go.

    Args:
        tensor: name of a parameter or buffer of the model.
        axis: along which the entries lie.
        filters: (entries of the axis,), the filter that each entry goes with, −1 for one that stays whatever goes;
            `None` where entry i goes with filter i.
    """

    tensor: str
    axis: int
    filters: NDArray[np.int64] | None = None

    def stays(self, removed: Sequence[int], entries: int) -> NDArray[np.bool_]:
        """Whether each entry of an axis stays, (entries,)."""
        gone = np.asarray(removed, dtype=np.int64)
        filters = np.arange(entries) if self.filters is None else self.filters
        # Of each filter, and of −1 the last; this is several times as fast as `np.isin`.
        stays = np.ones(max(filters.max(initial=-1), gone.max(initial=-1)) + 2, dtype=np.bool_)
        stays[gone] = False
        return stays[filters]


@dataclass(frozen=True)
class Writer:
    """A convolution or linear layer whose filters a group's are; no depthwise convolution, no gate.

    Args:
        module: its name in the model.
        norm: name of the batch norm that follows it, `None` without one.
        observed: name of the module whose output, after `activation`, is what a criterion sees of clips.
        activation: name in `ACTIVATIONS` of what follows at once; `"identity"` where nothing does, as before the sum
            of a residual block.
    """

    module: str
    norm: str | None
    observed: str
    activation: str = "identity"


@dataclass(frozen=True, eq=False)
class Group:
    """Filters that go together.

    Args:
        name: what scopes and records call it; Cnn14's are its layers, others have the name of their first writer.
        writers: in the order of the network.
        readers: names of the layers that take the filters in.
        filters: how many there are.
        cuts: every tensor that loses entries.
        expanded: readers that take a filter in by several entries, as a linear layer behind a flattened map.
        divisor: what stays must be a multiple of it.
    """

    name: str
    writers: tuple[Writer, ...]
    readers: tuple[str, ...]
    filters: int
    cuts: tuple[Cut, ...] = field(repr=False, default=())
    expanded: frozenset[str] = frozenset()
    divisor: int = 1

    @property
    def only_reader(self) -> str | None:
        """The reader where there is one alone and it takes each filter in by one entry, else `None`."""
        return self.readers[0] if len(self.readers) == 1 and not self.expanded else None


def filters_of(groups: Sequence[Group]) -> Mapping[str, int]:
    """Group → filters: the widths of a model."""
    return {group.name: group.filters for group in groups}
