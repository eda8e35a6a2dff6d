"""How far two criteria agree on the filters of a layer.

Scores are one-dimensional arrays, one number a filter, higher is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


@dataclass(frozen=True)
class Agreement:
    """Two criteria on one layer.

    Args:
        layer: `"C7"`.
        a, b: labels of the criteria.
        filters: number of filters of the layer.
        kendall_tau, spearman_rho: rank correlations, in [-1, 1]; nan where a criterion scores all filters
            alike.
        overlap: ratio → share of the filters removed by one that the other removes too, in [0, 1]; by chance
            it is about the ratio. nan where no filter goes, or where no ratio reaches into a criterion.
    """

    layer: str
    a: str
    b: str
    filters: int
    kendall_tau: float
    spearman_rho: float
    overlap: Mapping[float, float]


def kendall_tau(a: ArrayLike, b: ArrayLike) -> float:
    r"""Kendall's rank correlation, corrected for ties (τ-b).

    .. math:: \tau = \frac{C - D}{\sqrt{(C + D + T_a)(C + D + T_b)}}

    where C and D are the numbers of pairs of filters that the two order alike and otherwise, and T the pairs
    tied in one of them alone.

    Args:
        a, b: scores, shape (filters,).

    Returns:
        In [-1, 1], or nan where one of them scores all filters alike.

    Raises:
        ValueError: for scores of two shapes.

    Example:
        >>> kendall_tau([1, 2, 3, 4], [1, 3, 2, 4])
        0.6666666666666667
    """
    a, b = _checked(a, b)
    return float("nan") if _constant(a) or _constant(b) else float(stats.kendalltau(a, b).statistic)


def spearman_rho(a: ArrayLike, b: ArrayLike) -> float:
    """Spearman's rank correlation: Pearson's, of the mean ranks; arguments and results as `kendall_tau`.

    Example:
        >>> spearman_rho([1, 2, 3, 4], [1, 3, 2, 4])
        0.8
    """
    a, b = _checked(a, b)
    return float("nan") if _constant(a) or _constant(b) else float(stats.spearmanr(a, b).statistic)


def overlap(a: Collection[int], b: Collection[int]) -> float:
    """Share of the filters that one criterion removes and the other, too.

    Args:
        a, b: indices of the filters removed, as many in each.

    Returns:
        In [0, 1], or nan where none is removed.

    Raises:
        ValueError: for sets of two sizes.

    Example:
        >>> overlap({0, 1, 2, 3}, {2, 3, 4, 5})
        0.5
    """
    if len(set(a)) != len(set(b)):
        raise ValueError(
            f"An overlap needs two sets of the same size. Found {len(set(a))} and {len(set(b))} filters."
        )
    return len(set(a) & set(b)) / len(set(a)) if a else float("nan")


def _checked(a: ArrayLike, b: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(
            f"Scores must have the same shape, (filters,). Found shapes {first.shape} and {second.shape}."
        )
    return first, second


def _constant(scores: np.ndarray) -> bool:
    return bool((scores == scores[:1]).all())
