"""The points of a report at every length of fine-tuning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from prunebench.eval.run.record import Record
from prunebench.reports.points.lengths import after_short
from prunebench.reports.points.panel import names_networks
from prunebench.reports.points.point import Point, points_of


def points_at_lengths(records: Iterable[Record], *, named: bool | None = None) -> list[Point]:
    """The points of cells at the length where they ended, then of those of two lengths at the short one.

    Args:
        records: finished cells.
        named: whether panels name their network, as `points_of` takes it.
    """
    found = list(records)
    named = names_networks(found) if named is None else named
    return naming_lengths([p for view in (found, after_short(found)) for p in points_of(view, named=named)])


def naming_lengths(points: Sequence[Point]) -> list[Point]:
    """The points in panels whose tables name the length and the base widths, where one of them has any."""
    lengths, widths = any(p.panel.length for p in points), any(p.panel.base_widths for p in points)
    if not (lengths or widths):
        return list(points)
    return [replace(p, panel=replace(p.panel, by_length=lengths, by_widths=widths)) for p in points]
