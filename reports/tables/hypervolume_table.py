"""Hypervolumes as a table of raw values."""

from __future__ import annotations

from collections.abc import Sequence

from prunebench.reports.points.panel import place_columns
from prunebench.reports.statistics.hypervolume import Hypervolume
from prunebench.reports.tables.data_table import DataTable


def hypervolume_table(found: Sequence[Hypervolume]) -> DataTable:
    """A row a criterion, panel and cost, at least one."""
    names = ("equal", "criterion", "points", "hypervolume", "low", "high", "bases")
    rows = [
        [*h.panel.place, h.quantity.key, h.label, h.points, h.value, h.low, h.high, h.bases] for h in found
    ]
    return DataTable("hypervolume", (*place_columns(h.panel for h in found), *names), rows)
