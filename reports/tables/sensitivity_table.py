"""The sensitivity of every layer as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields

from prunebench.reports.statistics.layer_sensitivity import Sensitivity
from prunebench.reports.tables.data_table import DataTable


def sensitivity_table(entries: Sequence[Sensitivity]) -> DataTable:
    """A row an entry."""
    names = tuple(field.name for field in fields(Sensitivity))
    return DataTable("sensitivity", names, [astuple(entry) for entry in entries])
