"""A mean over calibration clips, folded batch by batch.

What is kept is (filters, 2) in float64, the sum and the number of terms of each filter, so that memory does
not depend on the number of clips and the batch size changes no more than the last bits.
"""

from __future__ import annotations

import torch
from torch import Tensor


def add(seen: Tensor | None, total: Tensor, terms: int) -> Tensor:
    """The fold with one more batch.

    Args:
        seen: what was returned last, `None` at the first batch.
        total: (filters,), the sum over this batch.
        terms: how many terms were summed for each filter.

    Returns:
        (filters, 2).
    """
    total = total.double()
    now = torch.stack((total, torch.full_like(total, terms)), 1)
    return now if seen is None else seen + now


def mean(observed: Tensor) -> Tensor:
    """Mean per filter of what was folded, (filters,) in float64."""
    return observed[:, 0] / observed[:, 1]
