"""Differences of runs as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from prunebench.reports.content import marks, numbers
from prunebench.reports.points.panel import place_columns
from prunebench.reports.statistics.runs_compared import COSTS, Compared
from prunebench.reports.tables.data_table import DataTable

HEADINGS = (
    "criterion",
    "ratio",
    "first",
    "second",
    "difference",
    "95 % interval",
    "MACs",
    "parameters",
    "same cells",
)


def comparison_table(rows: Sequence[Compared]) -> DataTable:
    """Raw values, a row a place and pair of runs."""
    names = [
        "first",
        "second",
        *place_columns(row.panel for row in rows)[1:],
        "criterion",
        "ratio",
        "same_cells",
    ]
    names += ["map_first", "map_second", "difference", "low", "high", "paired"]
    names += [f"{cost.key}_{which}" for cost in COSTS for which in ("first", "second")]
    found: list[list[Any]] = []
    for row in rows:
        place = [row.first, row.second, *row.panel.place[1:]]
        values = [row.label, row.ratio, row.same_cells, row.map_first, row.map_second]
        costs = [value for _, first, second in row.costs for value in (first, second)]
        found.append([*place, *values, row.difference, row.low, row.high, row.paired, *costs])
    return DataTable("runs_compared", tuple(names), found)


def cells(row: Compared) -> tuple[tuple[str, Any], ...]:
    """What stands below each of `HEADINGS`, and what it is sorted by."""
    costs = {key: (first, second) for key, first, second in row.costs}
    return (
        (row.label, row.label),
        (numbers.share(row.ratio) if row.ratio else numbers.MISSING, row.ratio),
        (numbers.quality(row.map_first), row.map_first),
        (numbers.quality(row.map_second), row.map_second),
        (
            marks.behind(numbers.gap(row.difference), "" if math.isfinite(row.low) else marks.NOT_TESTED),
            row.difference,
        ),
        (numbers.interval(row.low, row.high), row.low),
        *((_change(*costs[key]), costs[key][1]) for key in ("macs_backbone", "parameters")),
        (str(row.same_cells), row.same_cells),
    )


def said(rows: Sequence[Compared]) -> str:
    """How many places agree and what the largest difference is."""
    largest = max(rows, key=lambda row: abs(row.difference))
    at = f"{largest.label} at {numbers.share(largest.ratio)}" if largest.ratio else largest.label
    points = "1 point is" if len(rows) == 1 else f"{len(rows)} points are"
    return (
        f"{points} in more than one run; the largest difference of test mAP is "
        f"{numbers.gap(largest.difference)} ({at}, {largest.second} minus {largest.first})."
    )


def _change(first: float, second: float) -> str:
    if first == second:
        return numbers.count(first)
    return f"{numbers.count(first)} → {numbers.count(second)}"
