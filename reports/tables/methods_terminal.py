"""Methods by family on a terminal: 110 columns wide, or fewer columns where it is narrower."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from prunebench.reports.content import marks, numbers
from prunebench.reports.content.methods_said import said_asked
from prunebench.reports.content.report import Report
from prunebench.reports.points.panel import Panel
from prunebench.reports.statistics.methods import MethodRow
from prunebench.reports.tables.fitted_table import FittedTable
from prunebench.reports.tables.methods_table import in_all, search

LEGEND = (
    "mAP: mean over n models with the half-width of its 95 % interval. Δ: difference from random under uniform and "
    "one-shot at the same budget; ≈: not distinguishable from random; ?: not tested. before, tuned: steps of training "
    "before scoring and of fine-tuning. search: MACs, seconds. MACs: of training (steps × clips × 3 × MACs of the "
    "trained backbone for 10 s, as if all layers were trained) and of the search; ≥: a lower bound, because earlier "
    "rounds trained larger backbones; (…): relative to the same random."
)

HEADINGS = ("family", "method", "budget", "mAP", "n", "Δ random", "before", "tuned", "search", "MACs")
DISPENSABLE = {  # in the order in which columns are left out → what they are called then
    "search": "MACs of searches",
    "before": "steps before scoring",
    "tuned": "steps of fine-tuning",
    "family": "families",
    "MACs": "MACs in all",
}


def terminal_methods(report: Report) -> Table:
    """A part for each setting with what is said of its budgets: a table of rich."""
    whole = Table.grid()
    if not report.methods:
        whole.add_row(Text("No criterion of this run folder has been measured."))
        return whole
    for panel in dict.fromkeys(row.panel for row in report.methods):
        whole.add_row(_part(panel, [row for row in report.methods if row.panel == panel]))
        for sentence in report.budgets[panel.title]:
            whole.add_row(Text(sentence))
    whole.add_row(Text(LEGEND, style="dim"))
    if report.standing:
        whole.title = Text(report.standing, style="bold yellow")
    return whole


def _part(panel: Panel, rows: Sequence[MethodRow]) -> FittedTable:
    lines = []
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        cells = (
            row.family,
            row.method,
            said_asked(row.asked).replace("\u00a0", ""),
            _beside(row.map_mean, row.map_high - row.map_mean),
            str(row.n),
            _difference(row),
            _steps(row.budget.steps_before),
            _steps(row.budget.steps),
            search(row.budget),
            in_all(row),
        )
        last = following is None or following.asked != row.asked
        lines.append((cells, None if row.criteria else "dim", last))
    return FittedTable(
        f"{panel.title}: methods",
        HEADINGS,
        lines,
        names=3,
        dispensable=tuple(DISPENSABLE),
        known_as=DISPENSABLE,
    )


def _difference(row: MethodRow) -> str:
    if math.isnan(row.difference):
        return ""
    text = _beside(row.difference, row.difference_high - row.difference, sign=True)
    return text + (marks.of_difference(row.difference, row.like_random) or " ")


def _beside(value: float, half: float, *, sign: bool = False) -> str:
    """`.712±.012`, `+.012±.020`; a leading zero says nothing."""
    before = ("−" if value < 0 else "+") if sign else ""
    margin = f"±{numbers.fraction(half)}" if math.isfinite(half) else ""
    return before + numbers.fraction(abs(value)) + margin


def _steps(steps: float) -> str:
    return f"{steps:,.0f}" if steps and math.isfinite(steps) else "" if not steps else numbers.MISSING
