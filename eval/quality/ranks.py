"""Where the positives of each class rank among all clips; ties share the lowest rank of their group.

Precision changes recall only at positives, so the average precision of a class needs the ranks of its
positives alone: how many clips score at least as much. A sort of indices would be several times slower and puts
tied clips in an arbitrary order.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.quality.buckets import counts_at_least, ordered_keys

_BLOCK = 64  # columns copied at a time: transposing all at once misses the cache
_TILE = 256  # and rows


class PositiveRanks(NamedTuple):
    """One entry per (clip, class) where the clip holds the class, classes in order.

    Attributes:
        column: the class.
        clips: clips with at least this score, or with more where strict.
        positives: those of them that hold the class.
    """

    column: NDArray[np.intp]
    clips: NDArray[np.intp]
    positives: NDArray[np.intp]


def positive_ranks(
    targets: NDArray[np.bool_], scores: NDArray[np.number], *, strict: bool = False
) -> PositiveRanks:
    """Ranks of all positives among the clips of their column.

    Args:
        targets: (clips, classes).
        scores: (clips, classes), not NaN.
        strict: count scores above the positive's only, not those equal to it.
    """
    classes = targets.shape[1]
    row, column = np.divmod(np.flatnonzero(targets), max(classes, 1))
    by_class = np.argsort(column)
    row, column = row[by_class], column[by_class]
    clips, positives = np.empty_like(column), np.empty_like(column)
    edges = np.searchsorted(column, np.arange(classes + 1))
    side: Literal["left", "right"] = "right" if strict else "left"
    for index in range(classes):
        if index % _BLOCK == 0:
            keys = ordered_keys(_transposed(scores[:, index : index + _BLOCK]))
        mine = slice(edges[index], edges[index + 1])
        if mine.start == mine.stop:
            continue
        every = keys[index % _BLOCK]
        held = every[row[mine]]
        held.sort()
        clips[mine] = counts_at_least(every, held, side)
        positives[mine] = len(held) - np.searchsorted(held, held, side)
    return PositiveRanks(column, clips, positives)


def _transposed(scores: NDArray[np.number]) -> NDArray[np.number]:
    found = np.empty(scores.shape[::-1], dtype=scores.dtype)
    for start in range(0, len(scores), _TILE):
        found[:, start : start + _TILE] = scores[start : start + _TILE].T
    return found


def mean_per_column(
    column: NDArray[np.intp], values: NDArray[np.float64], columns: int
) -> NDArray[np.float64]:
    """Mean of the values of each column, shape (columns,), nan where a column has none."""
    count = np.bincount(column, minlength=columns)
    total = np.bincount(column, values, minlength=columns)
    mean = np.full(columns, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def weighted_precisions(
    targets: NDArray[np.bool_], scores: NDArray[np.number], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Average precision of one class under several weightings of the clips.

    Args:
        targets: (clips,).
        scores: (clips,).
        weights: (weightings, clips), at least 0.

    Returns:
        (weightings,), nan where no positive has weight.
    """
    if not targets.any():
        return np.full(len(weights), np.nan)
    order = np.argsort(scores)[::-1]
    descending = scores[order]
    last_of_tie = np.append(descending[1:] != descending[:-1], True)
    positive = targets[order]
    tie = np.cumsum(last_of_tie) - last_of_tie
    held = np.unique(tie[positive])
    ends = np.flatnonzero(last_of_tie)[held] + 1
    every = np.add.reduceat(weights.take(order[: ends[-1]], axis=1), np.append(0, ends[:-1]), axis=1)
    starts = np.searchsorted(tie[positive], held)
    true = np.add.reduceat(weights.take(order[positive], axis=1), starts, axis=1)
    above = every.cumsum(axis=1)
    precision = np.divide(true.cumsum(axis=1), above, out=np.zeros_like(true), where=above > 0)
    total = true.sum(axis=1)
    result = np.full(len(total), np.nan)
    np.divide((true * precision).sum(axis=1), total, out=result, where=total > 0)
    return result
