"""The walk over pairs of filters, from the most alike down, that makes a ranking of a similarity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UNITS = 1_000_000  # similarities are compared to six places


def rounded(similarity: NDArray[np.float64]) -> NDArray[np.int32]:
    """Similarities in [-1, 1] in whole millionths, so that ties and sums are exact."""
    return np.rint(similarity * UNITS).astype(np.int32)


def order_of_leaving(
    similarity: NDArray[np.int32],
    strength: NDArray[np.int64],
    support: NDArray[np.int32] | None = None,
) -> NDArray[np.int64]:
    """The filters in the order in which they leave.

    Pairs are walked from the most alike down; of a pair that is still whole the filter of smaller strength
    goes. Equal pairs are ordered by their smaller strength, then by the larger; among equal strengths the
    filter that stands later goes.

    Of the pairs that are still whole only the first ever matters, so each filter remembers the one it is
    most alike, and only those that lose theirs look for another: about n² steps in all instead of a sort
    of n² pairs.

    Args:
        similarity: (n, n), symmetric; the diagonal is not read.
        strength: (n,).
        support: (n, n), what the strength of i owes to j: `strength[i]` falls by `support[j, i]` when j
            leaves. `None` for strengths that stay.

    Returns:
        (n,), indices; the last one never leaves.
    """
    n = len(similarity)
    whole, strength = similarity.copy(), strength.copy()
    gone = np.iinfo(np.int32).min
    np.fill_diagonal(whole, gone)
    nearest = whole.argmax(1)
    likeness = whole[np.arange(n), nearest]
    order = np.empty(n, dtype=np.int64)
    for place in range(n - 1):
        pairs = np.flatnonzero(likeness == likeness.max())[::-1]
        leaver = pairs[strength[pairs].argmin()]
        order[place] = leaver
        whole[:, leaver] = gone
        likeness[leaver], nearest[leaver] = gone, -1
        if support is not None:
            strength -= support[leaver]
        bereft = np.flatnonzero(nearest == leaver)
        nearest[bereft] = whole[bereft].argmax(1)
        likeness[bereft] = whole[bereft, nearest[bereft]]
    order[-1:] = np.flatnonzero(nearest >= 0)
    return order
