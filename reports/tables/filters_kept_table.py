"""Filters kept in each group, by the group's whole name; figures shorten it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

from prunebench.eval.run.record import Record
from prunebench.reports.points.panel import place_columns
from prunebench.reports.points.point import Point
from prunebench.reports.tables.data_table import DataTable

COLUMNS = ("criterion", "control", "ratio", "group", "filters_kept", "cells")


def filters_kept_table(points: Sequence[Point]) -> DataTable:
    """A row a point and group: the mean over its cells."""
    rows = [row for point in points for row in _rows(point)]
    return DataTable("filters_kept", (*place_columns(point.panel for point in points), *COLUMNS), rows)


def _rows(point: Point) -> Iterator[list[Any]]:
    kept: dict[str, list[int]] = {}
    for record in point.records:
        for group, width in _by_group(record):
            kept.setdefault(group, []).append(width)
    for group, widths in kept.items():
        head = [*point.panel.place, " = ".join(point.criteria), point.control, point.ratio]
        yield [*head, group, fmean(widths), len(widths)]


def _by_group(record: Record) -> list[tuple[str, int]]:
    """Group and filters; none where a record does not say them."""
    known = len(record.groups) == len(record.widths)
    return list(zip(record.groups, record.widths, strict=True)) if known else []
