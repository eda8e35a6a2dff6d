"""Places of a panel in words: how many filters went, and for which budget where two come to one ratio."""

from __future__ import annotations

from collections.abc import Iterable

from prunebench.reports.content import numbers
from prunebench.reports.content.methods_said import said_asked
from prunebench.reports.points.asked import Asked
from prunebench.reports.points.point import Place


def said_place(place: Place, among: Iterable[Place]) -> str:
    """`50 %`, or `31 % (0.5 of parameters)` where another of the places has the same ratio."""
    return numbers.share(place[0]) + said_budget(place, among)


def said_budget(place: Place, among: Iterable[Place]) -> str:
    """` (0.5 of parameters)` where another of the places has the same ratio, else nothing."""
    ratio, kind, amount = place
    if kind in ("", "ratio") or all(other == place or other[0] != ratio for other in among):
        return ""
    return f" ({said_asked(Asked(kind, amount))})"
