"""What 8-bit integers change, in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from prunebench.reports.content import numbers
from prunebench.reports.content.int8_rows import QuantisedRow

SMALLEST = 0.001  # of a change that is printed


def said_quantised(rows: Sequence[QuantisedRow]) -> str:
    """Of the rows of a panel: the least and greatest change of test mAP, of the file and of the latency."""
    lowest, highest = (choose(row.difference for row in rows) for choose in (min, max))
    none = max(abs(lowest), abs(highest)) < SMALLEST
    change = f"less than {SMALLEST}" if none else _between(numbers.gap, lowest, highest)
    parts = [f"test mAP changes by {change}"]
    for what, of in (("the ONNX file", "bytes_ratio"), ("the latency", "latency_ratio")):
        known = [value for row in rows if math.isfinite(value := getattr(row, of))]
        if known:
            share = _between(lambda ratio: f"{ratio:.2f}", min(known), max(known))
            parts.append(f"{what} is {share} times that in float32")
    models = sum(row.n for row in rows)
    return f"In 8-bit integers (ONNX Runtime, {models} model{'s' * (models != 1)}): {'; '.join(parts)}."


def _between(text: Callable[[float], str], low: float, high: float) -> str:
    first, last = text(low), text(high)
    return first if first == last else f"{first} to {last}"
