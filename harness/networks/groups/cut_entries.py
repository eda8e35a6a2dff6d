"""How many entries of each tensor go with a filter of each group."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from prunebench.eval.errors import InputError
from prunebench.harness.networks.groups.filter_group import Group

CutEntries = dict[str, dict[int, list[tuple[int, int]]]]


def cut_entries(groups: Iterable[tuple[int, Group]]) -> CutEntries:
    """Tensor → axis → (place of a group, entries that go with each of its filters).

    Args:
        groups: with the place of each among those of its model.

    Raises:
        InputError: for a group whose filters have differently many entries of a tensor.
    """
    found: CutEntries = {}
    for place, group in groups:
        for part in group.cuts:
            each = 1
            if part.filters is not None:
                counts = np.bincount(part.filters[part.filters >= 0], minlength=group.filters)
                each = int(counts[0])
                if np.any(counts != each):
                    raise InputError(
                        f"All filters of a group must have the same number of entries in each tensor. Those of "
                        f"`{group.name}` have {counts.min()} to {counts.max()} in `{part.tensor}`: leave the group out "
                        "in the network's method `groups`."
                    )
            found.setdefault(part.tensor, {}).setdefault(part.axis, []).append((place, each))
    return found
