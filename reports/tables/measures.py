"""Every measure of every point, whatever it is called: the measures of plug-ins need no word of the report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from prunebench.eval.run.contents import measure_rows
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import Record
from prunebench.eval.text.plain import plain
from prunebench.reports.points.panel import place_columns
from prunebench.reports.points.point import Point
from prunebench.reports.tables.data_table import DataTable


@dataclass(frozen=True)
class Told:
    """What the report says of a measure: as its run folder declares it, or by its key alone.

    Args:
        key: in the record; quality measures of the test clips as `test_NAME`.
        title: what it is.
        unit: of its values.
        better: `"higher"`, `"lower"` or nothing where the run does not say.
    """

    key: str
    title: str
    unit: str = ""
    better: str = ""

    @property
    def heading(self) -> str:
        """Key, unit and direction: `file_bytes, B ↓`."""
        arrow = {"higher": " ↑", "lower": " ↓"}.get(self.better, "")
        return ", ".join(filter(None, (self.key, self.unit))) + arrow


def declared_measures(folders: Sequence[Path]) -> dict[str, Told]:
    """Key → what the run folders' `measures.json` declare; nothing for a folder without one.

    Raises:
        InputError: for a file that is no list of declarations.
    """
    found: dict[str, Told] = {}
    for folder in folders:
        for row in measure_rows(RunFiles(folder)):
            key = f"test_{row['name']}" if row["kind"] == "quality" else row["name"]
            told = Told(*map(plain, (key, row["title"], row["unit"], row["better"])))
            found.setdefault(told.key, told)
    return found


def measure_keys(points: Iterable[Point], declared: Mapping[str, Told]) -> list[Told]:
    """Every measure that a point has: declared ones first, then the others by name."""
    keys = {key for point in points for record in point.records for key in _figures(record)}
    known = [told for key, told in declared.items() if key in keys]
    return [*known, *(Told(key, key.replace("_", " ")) for key in sorted(keys - set(declared)))]


def value_of(point: Point, key: str) -> float:
    """Mean over the cells of a point that have the measure, nan where none has."""
    found = [value for record in point.records if (value := _figures(record).get(key)) is not None]
    return fmean(found) if found else math.nan


def measures_table(points: Sequence[Point], measures: Sequence[Told]) -> DataTable:
    """A row per point, a column per measure."""
    heads = (*place_columns(point.panel for point in points), "criterion", "control", "ratio", "cells")
    rows = []
    for point in points:
        row: list[Any] = [*point.panel.place, " = ".join(point.criteria), point.control, point.ratio, point.n]
        rows.append(row + [value_of(point, told.key) for told in measures])
    return DataTable("measures", (*heads, *(told.key for told in measures)), rows)


def _figures(record: Record) -> dict[str, float]:
    """Quality of the last stage on test clips, exact measures and timings, those that are numbers.

    `best_…` is of the iterate that was best on validation clips, where a training evaluated along the way; the
    last iterate is what counts.
    """
    shown = ("test_", "best_")
    quality = {k: v for k, v in record.stages[record.last_stage].items() if k.startswith(shown)}
    every = {**quality, **record.measures, **record.timings}
    return {k: float(v) for k, v in every.items() if isinstance(v, int | float) and math.isfinite(v)}
