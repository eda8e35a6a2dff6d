"""How many values are at least as large as each of a few given ones, without sorting all values.

The values fall into buckets by the leading bits of their distance from the smallest of the few, and buckets are
counted; only those that hold one of the few are sorted. On processors where NumPy's vectorised sort is quick this
costs about as much as sorting; on those where it is slow (several with AVX-512) a third.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FEWEST = 4096  # of fewer values, sorting takes no longer
_SHARE = 8  # where the few are not few beside the values, most buckets would have to be sorted

Keys = NDArray[np.unsignedinteger[Any]]


def ordered_keys(values: NDArray[np.number]) -> Keys:
    """Unsigned integers in the order of the values, equal where they are equal.

    Args:
        values: any shape, not NaN; negative zero equals zero.

    Returns:
        The same shape, of 32 or 64 bits.
    """
    if values.dtype == np.float16:
        values = values.astype(np.float32)
    if values.dtype == np.float32:
        bits = (values + np.float32(0)).view(np.int32)  # negative zero becomes zero
        return _unsigned(bits ^ ((bits >> 31) | np.int32(-(2**31))))
    if values.dtype == np.float64:
        wide = (values + 0.0).view(np.int64)
        return _unsigned(wide ^ ((wide >> 63) | np.int64(-(2**63))))
    return _unsigned(np.unique(values, return_inverse=True)[1].reshape(values.shape))


def _unsigned(bits: NDArray[Any]) -> Keys:
    keys: Keys = bits.view(f"u{bits.itemsize}")
    return keys


def counts_at_least(values: Keys, few: Keys, side: Literal["left", "right"] = "left") -> NDArray[np.intp]:
    """How many values are at least as large as each of the few, or larger with the side `"right"`.

    Args:
        values: (values,), in any order; the order may change.
        few: (few,), ascending, each of them among the values.
        side: as `numpy.searchsorted` has it.

    Returns:
        (few,).
    """
    if len(values) < FEWEST or len(few) * _SHARE > len(values):
        values.sort()
        return len(values) - np.searchsorted(values, few, side)
    low = few[0]
    span = int(values.max() - low)
    shift = values.dtype.type(max(0, span.bit_length() - len(values).bit_length()))
    # What lies below the smallest of the few is counted with it and never asked for.
    bucket = ((np.maximum(values, low) - low) >> shift).astype(np.intp)
    mine = ((few - low) >> shift).astype(np.intp)
    counts = np.bincount(bucket)
    held = np.zeros(len(counts), dtype=np.bool_)
    held[mine] = True
    counts[held] = 0
    above = counts[::-1].cumsum()[::-1]
    sorted_values = values[held[bucket]]
    sorted_values.sort()
    found: NDArray[np.intp] = above[mine] + len(sorted_values) - np.searchsorted(sorted_values, few, side)
    return found
