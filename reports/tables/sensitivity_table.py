"""The sensitivity of every group of filters as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields

from prunebench.eval.run.record import CNN14
from prunebench.reports.statistics.layer_sensitivity import Sensitivity
from prunebench.reports.tables.data_table import DataTable


def sensitivity_table(entries: Sequence[Sensitivity]) -> DataTable:
    """A row an entry; the network where one is not Cnn14, the run where entries are of several."""
    usual = {"network": CNN14, "run": ""}
    columns = [field.name for field in fields(Sensitivity)]
    kept = [
        number
        for number, name in enumerate(columns)
        if name not in usual or any(getattr(entry, name) != usual[name] for entry in entries)
    ]
    rows = [[astuple(entry)[number] for number in kept] for entry in entries]
    return DataTable("sensitivity", tuple(columns[number] for number in kept), rows)
