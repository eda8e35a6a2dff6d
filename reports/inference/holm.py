"""Correction for the number of comparisons."""

from __future__ import annotations

import math
from collections.abc import Sequence


def holm(values: Sequence[float]) -> list[float]:
    """P values corrected for their number by Holm's step-down method (1979); nan stays and does not count."""
    order = sorted((i for i, p in enumerate(values) if not math.isnan(p)), key=lambda i: values[i])
    corrected = [math.nan] * len(values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * values[index]))
        corrected[index] = highest
    return corrected
