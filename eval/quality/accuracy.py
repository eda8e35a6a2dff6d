"""Accuracy on single-label sets."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from prunebench.eval.errors import InputError
from prunebench.eval.quality.checked_inputs import checked


def accuracy(targets: ArrayLike, scores: ArrayLike) -> float:
    """Share of clips whose class has the highest score; of equal highest scores the first class counts.

    Args:
        targets: (clips, classes), exactly one 1 a clip.
        scores: (clips, classes), comparable between classes.

    Returns:
        In [0, 1], nan without clips.

    Raises:
        InputError: if a clip does not hold exactly one class; else as `average_precision`.
    """
    held, given = checked(targets, scores)
    labels = held.sum(axis=1)
    if (labels != 1).any():
        clip = int(np.flatnonzero(labels != 1)[0])
        raise InputError(
            f"Accuracy is defined only if every clip has exactly one class. Found {labels[clip]} classes in clip "
            f"{clip}: use mean average precision."
        )
    if not len(held):
        return float("nan")
    return float((given.argmax(axis=1) == held.argmax(axis=1)).mean())
