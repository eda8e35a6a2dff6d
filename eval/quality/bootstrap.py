"""Bootstrap over test clips: the recordings are drawn anew, the tagger stays.

Draws depend on the seed and the clips' recordings alone, so two models on the same clips share them and a
difference of models is a subtraction, resample by resample.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.quality.checked_inputs import checked
from prunebench.eval.quality.ranks import weighted_precisions

_BLOCK_WEIGHTS = 2**22  # 32 MB of weights are permuted at a time, whatever the number of resamples


def resample_counts(sources: Sequence[Sequence[str]], resamples: int, seed: int) -> NDArray[np.int64]:
    """How often each clip counts in each resample, recordings drawn with replacement.

    As many recordings as there are, each with the same probability. A clip counts as often as its recording
    was drawn; a mix counts the product of its recordings' draws, so that mixes which share a recording rise
    and fall together.

    After Owen, *The pigeonhole bootstrap*, Annals of Applied Statistics 1(2), 2007, where rows and columns of
    a table are drawn separately and an entry counts the product; here all places of a mix draw from one pool.

    Args:
        sources: of each clip, the recordings it is made of, at least one.
        resamples: at least 1.
        seed: of the draws; they do not depend on the order of the clips.

    Returns:
        (resamples, clips), at least 0.

    Raises:
        InputError: if `resamples` is below 1 or a clip has no recording.
    """
    if resamples < 1:
        raise InputError(f"Parameter `resamples` must be at least 1. Found `resamples = {resamples}`.")
    distinct = [sorted(set(clip)) for clip in sources]
    if not all(distinct):
        raise InputError(
            f"Every clip must name the recordings that it was made from. Found none for clip {distinct.index([])}."
        )
    place = {name: index for index, name in enumerate(sorted({name for clip in distinct for name in clip}))}
    recordings = len(place)
    drawn = np.random.default_rng(seed).integers(0, max(recordings, 1), size=(resamples, recordings))
    # One column more, always 1, stands for the recordings that shorter mixes do not have.
    cells = drawn + np.arange(resamples)[:, None] * (recordings + 1)
    counts = np.bincount(cells.ravel(), minlength=resamples * (recordings + 1))
    counts = counts.reshape(resamples, recordings + 1)
    counts[:, recordings] = 1
    result = np.ones((resamples, len(distinct)), dtype=np.int64)
    for turn in range(max(map(len, distinct), default=0)):
        columns = [place[clip[turn]] if turn < len(clip) else recordings for clip in distinct]
        result *= counts.take(columns, axis=1)
    return result


def bootstrap_average_precision(
    targets: ArrayLike, scores: ArrayLike, counts: ArrayLike
) -> NDArray[np.float64]:
    """Average precision of each class on each resample, as if every clip were there `counts` times.

    Args:
        targets: (clips, classes), 0 or 1.
        scores: (clips, classes).
        counts: (resamples, clips), whole numbers of at least 0.

    Returns:
        (resamples, classes) in (0, 1], nan where a resample holds no positive of a class.

    Raises:
        InputError: if shapes do not fit, a score is NaN, a target is not 0 or 1, or a count is negative or
            not whole.
    """
    held, given = checked(targets, scores)
    repeats = _checked_counts(counts, len(held))
    result = np.empty((len(repeats), held.shape[1]))
    block = max(1, _BLOCK_WEIGHTS // max(1, len(held)))
    for start in range(0, len(repeats), block):
        part = repeats[start : start + block].astype(np.float64)
        for index in range(held.shape[1]):
            result[start : start + block, index] = weighted_precisions(held[:, index], given[:, index], part)
    return result


def _checked_counts(counts: ArrayLike, clips: int) -> NDArray[np.integer]:
    found = np.asarray(counts)
    if found.ndim != 2 or found.shape[1] != clips:
        raise InputError(
            f"Counts must have the shape (resamples, {clips}), one column per clip. Found {found.shape}."
        )
    whole = found.astype(np.int64)
    if (whole != found).any() or (whole < 0).any():
        raise InputError("Counts of clips must be whole numbers of at least 0. Found one that is not.")
    return whole
