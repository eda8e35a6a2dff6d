"""Average precision: per class, its mean over classes, and over all decisions at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.quality.checked_inputs import checked
from prunebench.eval.quality.ranks import mean_per_column, positive_ranks, weighted_precisions


class MeanAP(NamedTuple):
    """Mean average precision and what it is a mean of.

    Attributes:
        value: mean over the classes with positives, in (0, 1]; nan where no class has one.
        classes_with_positives: how many classes these are.
        classes: how many there are in all.
    """

    value: float
    classes_with_positives: int
    classes: int


def average_precision(
    targets: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    r"""Average precision of each class, without interpolation.

    .. math:: AP = \frac{1}{P} \sum_{i=1}^{P} \frac{TP(s_i)}{N(s_i)}

    where :math:`s_i` is the score of positive *i* of *P*, :math:`N(s)` the number of clips with a score of
    at least :math:`s` and :math:`TP(s)` the number of positives among them: scikit-learn's
    :math:`\sum_n (R_n - R_{n-1}) P_n`, ties included.

    Args:
        targets: (clips, classes), 0 or 1.
        scores: (clips, classes).
        weights: (clips,), at least 0; whole numbers count a clip that many times.

    Returns:
        (classes,) in (0, 1], nan where a class has no positive (of positive weight).

    Raises:
        InputError: if shapes differ, a score is NaN, a target is not 0 or 1, or a weight is negative.

    Example:
        >>> average_precision([[0], [0], [1], [1]], [[0.1], [0.4], [0.35], [0.8]]).round(3)
        array([0.833])
    """
    held, given = checked(targets, scores)
    if weights is None:
        column, clips, positives = positive_ranks(held, given)
        return mean_per_column(column, positives / clips, held.shape[1])
    weighting = np.asarray(weights, dtype=np.float64)
    if weighting.shape != held.shape[:1]:
        raise InputError(
            f"Every clip needs one weight. Found weights of the shape {weighting.shape} for {len(held)} clips."
        )
    if not (np.isfinite(weighting).all() and (weighting >= 0).all()):
        raise InputError("Weights of clips must be finite and at least 0. Found one that is not.")
    per_class = [weighted_precisions(t, s, weighting[None])[0] for t, s in zip(held.T, given.T, strict=True)]
    return np.array(per_class, dtype=np.float64)


def mean_average_precision(targets: ArrayLike, scores: ArrayLike) -> MeanAP:
    """Mean of the average precision over the classes that have positives (macro average).

    Args:
        targets: (clips, classes), 0 or 1.
        scores: (clips, classes).

    Raises:
        InputError: as `average_precision`.
    """
    per_class = average_precision(targets, scores)
    known = per_class[~np.isnan(per_class)]
    value = float(known.mean()) if known.size else float("nan")
    return MeanAP(value, known.size, per_class.size)


def micro_average_precision(targets: ArrayLike, scores: ArrayLike) -> float:
    """Average precision over all (clip, class) decisions as one ranking, in (0, 1]; nan without positives.

    Frequent classes weigh more, and scores must be comparable between classes.

    Args:
        targets: (clips, classes), 0 or 1.
        scores: (clips, classes).

    Raises:
        InputError: as `average_precision`.
    """
    held, given = checked(targets, scores)
    return float(average_precision(held.reshape(-1, 1), given.reshape(-1, 1))[0])
