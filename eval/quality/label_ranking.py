"""Label-weighted label-ranking average precision."""

from __future__ import annotations

from numpy.typing import ArrayLike

from prunebench.eval.quality.checked_inputs import checked
from prunebench.eval.quality.ranks import positive_ranks


def lwlrap(targets: ArrayLike, scores: ArrayLike) -> float:
    r"""Mean over all labels given of the precision at that label in its clip's ranking of classes.

    .. math:: \frac{1}{\sum_n |C_n|} \sum_n \sum_{c \in C_n} \frac{TP_n(s_{nc})}{N_n(s_{nc})}

    where :math:`C_n` are the classes clip *n* holds, :math:`N_n(s)` the number of classes that score at
    least :math:`s` on it and :math:`TP_n(s)` those of them it holds. Every label has the same weight, so a
    clip weighs by its labels: scikit-learn's `label_ranking_average_precision_score` with the number of
    labels as sample weight. The measure of DCASE 2019 Task 2.

    Args:
        targets: (clips, classes), 0 or 1.
        scores: (clips, classes), comparable between classes.

    Returns:
        In (0, 1], nan without labels.

    Raises:
        InputError: if shapes differ, a score is NaN or a target is not 0 or 1.
    """
    held, given = checked(targets, scores)
    _, classes, relevant = positive_ranks(held.T, given.T)
    return float((relevant / classes).mean()) if classes.size else float("nan")
