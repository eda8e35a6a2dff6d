"""Influence of each test clip on mAP: what its presence adds, to first order.

One sort a class replaces a thousand resamples of the clips: the variance of mAP over test sets is that of a sum over
clips, and that of a difference between models is that of the difference of their influences.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.quality.checked_inputs import checked


def clip_influences(
    targets: ArrayLike, scores: ArrayLike, sources: Sequence[Sequence[str]] | None = None
) -> NDArray[np.float64]:
    r"""Influence of each clip on mAP, the mean over the classes with positives of

    .. math::
        U_j = \frac{1}{P} \Bigl[ y_j (\mathrm{prec}_j - AP) + y_j \sum_{i \in I_j} \frac{1}{A_i}
        - \sum_{i \in I_j} \frac{TP_i}{A_i^2} \Bigr]

    where y is 1 for a positive, P the number of positives, A the clips with at least that score, TP the positives
    among them, prec their quotient, and I the positives whose score is at most that of clip j, those tied with it
    included. It is the derivative of mAP by the clip's weight, so the influences sum to zero.

    The influences of few positives are too small, since AP is fitted to them: each class is multiplied by
    :math:`\sqrt{G / (G - 1)}`, where G is the number of recordings that carry it (1 where G is below 2). A recording
    of which a clip is one part carries a class if all its clips hold the class; one that is alone in its clips, if any
    does.

    Args:
        targets: (clips, classes), 0 or 1.
        scores: (clips, classes).
        sources: of each clip, the recordings it is made of; each clip one of its own by default.

    Returns:
        (clips,); nan where no class has a positive.

    Raises:
        InputError: if shapes do not fit, a score is NaN, or a target is not 0 or 1.
    """
    held, given = checked(targets, scores)
    if sources is not None and len(sources) != len(held):
        raise InputError(
            f"There must be recordings for every clip. Found {len(sources)} for {len(held)} clips."
        )
    known = np.flatnonzero(held.any(axis=0))
    carriers = _carriers(held, sources)
    total = np.zeros(len(held))
    for index in known:
        few = math.sqrt(carriers[index] / (carriers[index] - 1)) if carriers[index] > 1 else 1.0
        total += few * _of_class(held[:, index], given[:, index])
    return total / len(known) if len(known) else np.full(len(held), math.nan)


def _of_class(positive: NDArray[np.bool_], scores: NDArray[np.number]) -> NDArray[np.float64]:
    order = np.argsort(scores)[::-1]
    descending, y = scores[order], positive[order]
    first = np.append(True, descending[1:] != descending[:-1])
    group = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    above = np.append(starts[1:], len(order))[group]  # the counts at the end of a tie stand for all of it
    true = np.cumsum(y)[above - 1]
    precision = true / above
    positives = true[-1]
    inverse, share = _from_below(y / above)[starts][group], _from_below(y * precision / above)[starts][group]
    average = (y * precision).sum() / positives
    found = np.empty(len(order))
    found[order] = (y * (precision - average + inverse) - share) / positives
    return found


def _from_below(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of a value and of all that stand after it."""
    found: NDArray[np.float64] = np.cumsum(values[::-1])[::-1]
    return found


def _carriers(held: NDArray[np.bool_], sources: Sequence[Sequence[str]] | None) -> NDArray[np.int64]:
    """How many recordings carry each class, shape (classes,)."""
    if sources is None:
        return np.asarray(held.sum(axis=0))
    place: dict[str, int] = {}
    owners = [
        (clip, place.setdefault(name, len(place)))
        for clip, names in enumerate(sources)
        for name in set(names)
    ]
    clips, recordings = np.array(owners, dtype=np.int64).reshape(-1, 2).T
    holding, owned = np.zeros((len(place), held.shape[1]), dtype=np.int64), np.bincount(recordings)
    np.add.at(holding, recordings, held[clips])
    alone = np.ones(len(place), dtype=bool)
    np.logical_and.at(alone, recordings, np.array([len(set(names)) == 1 for names in sources])[clips])
    found: NDArray[np.int64] = (holding >= np.where(alone, 1, owned)[:, None]).sum(axis=0)
    return found
