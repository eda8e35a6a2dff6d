"""Area under the ROC curve, and d′."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from prunebench.eval.quality.checked_inputs import checked
from prunebench.eval.quality.ranks import mean_per_column, positive_ranks


def roc_auc(targets: ArrayLike, scores: ArrayLike) -> NDArray[np.float64]:
    r"""Area under the ROC curve of each class.

    The probability that a positive scores higher than a negative, equal scores counted one half
    (Mann–Whitney). Equal to scikit-learn's `roc_auc_score`.

    Args:
        targets: (clips, classes), 0 or 1.
        scores: (clips, classes).

    Returns:
        (classes,) in [0, 1], nan where a class has no positive or no negative.

    Raises:
        InputError: if shapes differ, a score is NaN or a target is not 0 or 1.
    """
    held, given = checked(targets, scores)
    column, clips, positives = positive_ranks(held, given)
    above = positive_ranks(held, given, strict=True)
    # Ties of a column keep their order in both, so entry by entry the same positive is meant.
    lost = ((clips - positives) + (above.clips - above.positives)) / 2
    negatives = (~held).sum(axis=0)
    share = np.divide(lost, negatives[column], out=np.full(len(lost), np.nan), where=negatives[column] > 0)
    return 1.0 - mean_per_column(column, share, held.shape[1])


def d_prime(auc: ArrayLike) -> NDArray[np.float64]:
    r"""Sensitivity index: the distance of two unit normal distributions with that area under the curve.

    .. math:: d' = \sqrt{2}\, \Phi^{-1}(AUC)

    AudioSet papers apply it to the mean AUC over classes, which is not the mean of the classes' d′.

    Args:
        auc: areas in [0, 1], any shape.

    Returns:
        The same shape, 0 at chance, infinite at 0 and 1, nan for nan.
    """
    found: NDArray[np.float64] = np.sqrt(2.0) * ndtri(np.asarray(auc, dtype=np.float64))
    return found
