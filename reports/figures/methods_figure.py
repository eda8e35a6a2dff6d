"""Figure of the methods: differences from random at the same requested budget, family by family."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from statistics import fmean

from matplotlib.figure import Figure

from prunebench.reports.content.methods_said import ALIKE, said_asked
from prunebench.reports.figures.forest import ForestRow, draw_rows, finish_column, height_of
from prunebench.reports.figures.style.canvas import COLUMN, filled, paper_style
from prunebench.reports.figures.style.palette import INK, look_of
from prunebench.reports.points.asked import Asked
from prunebench.reports.points.families import FAMILIES
from prunebench.reports.statistics.methods import MethodRow

COLUMNS = 5  # budget points drawn
NAMES, LETTER = 0.4, 3.6  # share of the width that names may take; points: of a letter of them
LINE = 0.7  # rows that a further line of a name takes


def draw_methods(rows: Sequence[MethodRow], *, standing: str, width: float = 2 * COLUMN) -> Figure | None:
    """One column per budget point and one row per method, grouped by family, the best on average first.

    `None` where methods differ in their criterion alone, which the ranking shows, or none has a difference from random.
    Behind a method stands how many times the MACs of random its training and search took, where that is not once.

    Args:
        rows: of one setting.
        standing: what the run does not claim.
        width: in inches; a single column holds the middle budget point alone.
    """
    known = [row for row in rows if math.isfinite(row.difference)]
    if len({row.how for row in rows if row.criteria}) < 2 or not known:
        return None
    asked = _shown(list(dict.fromkeys(row.asked for row in known)), COLUMNS if width > COLUMN else 1)
    shown = [row for row in known if row.asked in asked]
    labels = _labels(shown)
    letters = round(width * 72 * NAMES / LETTER)
    names = [_named(label, shown, letters) for label in labels]
    places = _places(labels, names)
    with paper_style():
        top = max(places.values()) + 1
        title = filled(f"{shown[0].panel.title}: methods by family", width)
        note = filled(_note(shown, standing), width, 6)
        columns = [_title(point) for point in asked]
        figure = Figure((width, height_of(top, title, columns, note)), layout="constrained")
        grid = figure.subplots(1, len(asked), sharey=True, squeeze=False)[0]
        for axes, point in zip(grid, asked, strict=True):
            draw_rows(axes, [_row(row, places[row.method]) for row in shown if row.asked == point])
            finish_column(axes, _title(point), len(asked))
        grid[0].set_yticks(list(places.values()), names)
        grid[0].set_ylim(-0.7, top - 0.3)
        for name, label in zip(grid[0].get_yticklabels(), labels, strict=True):
            if label in FAMILIES:
                name.set(color=INK, fontweight="bold")
        figure.suptitle(title, size="medium")
        figure.supxlabel(note, size=6)
    return figure


def _shown(asked: Sequence[Asked], most: int) -> Sequence[Asked]:
    """All budget points, or so many about the middle."""
    first = max(0, (len(asked) - most + 1) // 2)
    return asked[first : first + most]


def _labels(rows: Sequence[MethodRow]) -> list[str]:
    """From the top: a family, then its methods, the best on average first."""
    found: list[str] = []
    for family in FAMILIES:
        own: dict[str, list[float]] = {}
        for row in rows:
            if row.family.split(", ")[0] == family:
                own.setdefault(row.method, []).append(row.difference)
        best = sorted(own, key=lambda method: -fmean(own[method]))
        found += [family, *best] if best else []
    return found


def _places(labels: Sequence[str], names: Sequence[str]) -> dict[str, float]:
    """Label → its row from the bottom, with room for names of several lines."""
    found, below = {}, -0.5
    for label, name in reversed(list(zip(labels, names, strict=True))):
        lines = name.count("\n") + 1
        found[label] = below + (1 + LINE * (lines - 1)) / 2
        below += 1 + LINE * (lines - 1)
    return dict(reversed(found.items()))


def _named(label: str, rows: Sequence[MethodRow], letters: int) -> str:
    """A method with what it spent relative to random, `l1 · searched[candidates=50]  1.6×`, in lines."""
    text = _with_budget(label, [row for row in rows if row.method == label])
    return (
        textwrap.fill(text, letters, break_long_words=False, break_on_hyphens=False)
        if len(text) > letters
        else text
    )


def _with_budget(label: str, rows: Sequence[MethodRow]) -> str:
    own = [row for row in rows if math.isfinite(row.relative_budget)]
    if not own:
        return label
    mean = fmean(row.relative_budget for row in own)
    bound = "≥ " if any(row.budget.at_least for row in own) else ""
    return label if abs(mean - 1) < ALIKE and not bound else f"{label}  {bound}{mean:.2f}×"


def _title(asked: Asked) -> str:
    return f"{said_asked(asked)} removed" if asked.kind == "ratio" else said_asked(asked)


def _row(row: MethodRow, place: float) -> ForestRow:
    interval = (row.difference_low, row.difference_high)
    return ForestRow(place, look_of(row.criteria[0]), row.difference, interval, row.like_random)


def _note(rows: Sequence[MethodRow], standing: str) -> str:
    note = "test mAP minus that of random (uniform, one-shot) at the same budget"
    alike = {row.like_random for row in rows}
    if any(math.isfinite(row.difference_low) for row in rows):
        note += "; 95 % intervals"
    if alike - {None}:
        tested = any(math.isfinite(row.difference_p) for row in rows)
        note += f"; hollow: {'not distinguishable from random (Holm)' if tested else 'interval contains 0'}"
    note += "; ?: not tested" if None in alike else ""
    note += "; ×: MACs of training and search relative to random"
    return f"{note} · {standing}" if standing else note
