"""A ranking of filters from the similarity of their prototypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from prunebench.pruners.prototypes import prototypes, strongest_first
from prunebench.pruners.similarity_walk import UNITS, order_of_leaving, rounded


def similarity_ranking(
    weight: Tensor, similarity: Callable[[Tensor], Tensor], goes: Literal["smaller norm", "less distant"]
) -> Tensor:
    """Places of the filters in the order in which the walk over similar pairs removes them.

    Filters of zeros have no direction; they leave first. The others leave by `order_of_leaving`, their
    similarities rounded to 1e-6.

    Args:
        weight: (n, c, height, width).
        similarity: maps the prototype directions (m, k²) of the filters that are not zero, the strongest
            first, to their similarities (m, m) in [-1, 1].
        goes: of a pair, the filter of smaller operator norm, or the one with the smaller sum of distances
            1 − similarity to the filters still left.

    Returns:
        (n,), float64: place / (n − 1), 0 for the first to leave and 1 for the last. A single filter has 0.
    """
    norms, directions = prototypes(weight)
    ranks = strongest_first(weight, norms)
    zeros = int((norms == 0).sum())
    leaving = ranks[len(ranks) - zeros :]
    standing = ranks[: len(ranks) - zeros]
    if len(standing):
        alike = rounded(similarity(directions[torch.from_numpy(standing)]).cpu().numpy())
        np.fill_diagonal(alike, UNITS)
        if goes == "smaller norm":
            order = order_of_leaving(alike, np.arange(len(standing), 0, -1))
        else:
            distances = UNITS - alike
            order = order_of_leaving(alike, distances.sum(1, dtype=np.int64), distances)
        leaving = np.concatenate([leaving, standing[order]])
    places = np.empty(len(ranks))
    places[leaving] = np.arange(len(ranks)) / max(1, len(ranks) - 1)
    return torch.from_numpy(places).to(weight.device)
