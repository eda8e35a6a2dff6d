"""One parameter of a group, and how its entries add up to numbers of filters."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from prunebench.pruners.sums_of_squares import sums_of_squares


@dataclass(frozen=True, eq=False)
class GroupMember:
    """A parameter that loses entries along `axis` when a filter of the group is removed.

    Args:
        name: of the parameter.
        parameter: its values.
        axis: along which the entries lie: 0 of what writes, norms or gates the filters, 1 of what reads them.
        filters: (entries,), int64, the filter that each entry goes with, −1 for one that stays whatever goes; `None`
            where entry i goes with filter i. A linear layer behind a flattened map has several entries a filter.
    """

    name: str
    parameter: Tensor
    axis: int
    filters: Tensor | None = None

    def summed(self, values: Tensor, filters: int) -> Tensor:
        """Values of the parameter's shape, summed over all that goes with each filter: (filters,), float64."""
        others = [axis for axis in range(values.ndim) if axis != self.axis]
        return self.by_filter(values.sum(others, dtype=torch.float64) if others else values, filters)

    def squared_norms(self, filters: int) -> Tensor:
        """Sum of the squared weights that go with each filter: (filters,), float64; one pass without a copy."""
        return self.by_filter(sums_of_squares(self.parameter, self.axis), filters)

    def by_filter(self, entries: Tensor, filters: int) -> Tensor:
        """One number an entry of the axis, summed into (filters,), float64; entries that stay are left out."""
        entries = entries.double()
        if self.filters is None:
            return entries
        goes = self.filters >= 0
        return entries.new_zeros(filters).index_add_(0, self.filters[goes], entries[goes])
