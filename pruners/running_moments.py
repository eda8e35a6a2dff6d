"""Count, mean and summed squared deviation of each filter, folded part by part.

What is kept is (filters, 3) in float64. Two parts are merged by Chan, Golub & LeVeque's formula, so that a large mean
takes no digits from a small variance, as it does where squares are summed.
"""

from __future__ import annotations

import torch
from torch import Tensor


def add(seen: Tensor | None, values: Tensor) -> Tensor:
    """The fold with more values.

    Args:
        seen: what was returned last, `None` at first.
        values: (filters, values), at least one a filter.

    Returns:
        (filters, 3): how many values, their mean, and the sum of their squared distances from it.
    """
    values = values.double()
    mean = values.mean(1)
    count = torch.full_like(mean, values.shape[1])
    squares = (values - mean[:, None]).square().sum(1)
    if seen is not None:
        before, mean_before, squares_before = seen.T
        apart, all_of_them = mean - mean_before, before + count
        squares = squares + squares_before + apart.square() * before * count / all_of_them
        mean, count = mean_before + apart * count / all_of_them, all_of_them
    return torch.stack((count, mean, squares), 1)


def mean(observed: Tensor) -> Tensor:
    """Mean of each filter, (filters,) in float64."""
    return observed[:, 1]


def variance(observed: Tensor) -> Tensor:
    """Mean squared distance from the mean of each filter, (filters,) in float64, at least 0."""
    return observed[:, 2] / observed[:, 0]
