"""The groups of a pruned model, from those of the model that it was cut from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from prunebench.harness.networks.groups.filter_group import Cut, Group


def regrouped(groups: Sequence[Group], removed: Mapping[str, Sequence[int]]) -> tuple[Group, ...]:
    """The same groups without the filters that went; names, writers and readers stay.

    Args:
        groups: of the model before.
        removed: group → indices of filters.
    """
    gone = {group.name: np.asarray(removed.get(group.name, ()), dtype=np.int64) for group in groups}
    # Entries of an axis may belong to several groups, side by side.
    stays: dict[tuple[str, int], NDArray[np.bool_]] = {}
    for group in groups:
        for part in group.cuts:
            if part.filters is not None:
                key, own = (part.tensor, part.axis), part.stays(gone[group.name].tolist(), len(part.filters))
                stays[key] = stays.get(key, np.ones(len(own), dtype=np.bool_)) & own
    return tuple(
        replace(
            group,
            filters=group.filters - len(gone[group.name]),
            cuts=tuple(_without(part, gone[group.name], group.filters, stays) for part in group.cuts),
        )
        for group in groups
    )


def _without(
    part: Cut, gone: NDArray[np.int64], filters: int, stays: Mapping[tuple[str, int], NDArray[np.bool_]]
) -> Cut:
    if part.filters is None:
        return part
    kept = np.setdiff1d(np.arange(filters), gone)
    number = np.full(filters + 1, -1, dtype=np.int64)  # the last one stands for −1, entries of no filter
    number[kept] = np.arange(len(kept))
    return replace(part, filters=number[part.filters[stays[part.tensor, part.axis]]])
