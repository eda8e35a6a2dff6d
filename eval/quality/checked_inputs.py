"""Targets and scores of a tagger on a set of clips, checked.

Everywhere in the quality measures `targets` is (clips, classes), 1 where a clip holds a class and 0 where it
does not, and `scores` is (clips, classes), higher where the tagger is more certain. Only the order of the
scores counts, so logits and probabilities give the same figures, and infinite scores have their place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prunebench.eval.errors import InputError


def checked_targets(targets: ArrayLike) -> NDArray[np.bool_]:
    """The targets as booleans.

    Raises:
        InputError: unless they are (clips, classes) and hold nothing but 0 and 1.
    """
    found = _table(targets, "Targets")
    if found.ndim != 2:
        raise InputError(f"Targets must have the shape (clips, classes). Found the shape {found.shape}.")
    if found.dtype == np.bool_:
        return found
    held: NDArray[np.bool_] = found == 1
    wrong = found[~held & (found != 0)]
    if wrong.size:
        raise InputError(
            f"Targets must be 0 or 1. Found {wrong[0]}: first decide which classes each clip contains."
        )
    return held


def checked_scores(scores: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.number]:
    """The scores as a numeric array of that shape.

    Raises:
        InputError: if the shape differs or a score is NaN.
    """
    found = _table(scores, "Scores")
    if found.shape != shape:
        raise InputError(
            f"Targets and scores must have the same shape. Found targets {shape} and scores {found.shape}."
        )
    if found.dtype.kind not in "fiu":
        raise InputError(f"Scores must be real numbers. Found the type {found.dtype}.")
    if found.dtype.kind == "f":
        nans = int(np.isnan(found).sum())
        if nans:
            raise InputError(
                f"Scores must not be NaN. Found {nans} of {found.size} that are: did training diverge?"
            )
    return found


def _table(values: ArrayLike, what: str) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError as error:  # rows of several lengths
        raise InputError(
            f"{what} must have the same number of columns in every row. Found rows that differ."
        ) from error


def checked(targets: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.number]]:
    """Targets as booleans and scores of their shape.

    Raises:
        InputError: as `checked_targets` and `checked_scores`.
    """
    held = checked_targets(targets)
    return held, checked_scores(scores, held.shape)
