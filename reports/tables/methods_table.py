"""Methods by family, with what each spent, as tables: raw values, as readers see them, in LaTeX."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from prunebench.reports.content import marks, numbers
from prunebench.reports.content.methods_said import said_asked
from prunebench.reports.points.panel import place_columns
from prunebench.reports.statistics.methods import MethodRow
from prunebench.reports.statistics.training_budget import TrainingBudget
from prunebench.reports.tables.data_table import DataTable
from prunebench.reports.tables.latex import booktabs, escaped

OF_PANEL = ("allocation", "schedule")  # that a row has of its own
NOT_PLAIN = ("panel", "asked", "criteria", "budget")  # fields that are no single value
HEADINGS = (
    "method",
    "family",
    "budget",
    "mAP",
    "95 % interval",
    "n",
    "from random",
    "95 % interval",
    "before scoring",
    "fine-tuning",
    "search",
    "MACs in all",
)
_DIFFERENCES = marks.legend(marks.ALIKE, marks.NOT_TESTED).replace("at the same ratio", "at the same budget")
LEGEND = (
    "A method is a criterion with an allocation, a schedule and the training of its base model before it was scored; "
    "a name without them means uniform, one-shot and no such training. Differences are from random under uniform and "
    "one-shot, without such training, at the same requested budget: the ratio of filters, or the share of a cost. "
    f"{_DIFFERENCES} MACs of training: steps × clips of a step × 3 × MACs of the "
    "backbone that was trained, for a 10 s clip, as if all layers were trained. The schedules progressive and soft "
    "train the unpruned backbone; ≥: a lower bound, because earlier rounds of iterative trained larger backbones. In "
    "all: training and search, in brackets relative to the same random."
)


def methods_table(rows: Sequence[MethodRow]) -> DataTable:
    """Raw values, a row a method and budget point."""
    columns = place_columns(row.panel for row in rows)
    kept = [number for number, name in enumerate(columns) if name not in OF_PANEL]
    names = [field.name for field in fields(MethodRow) if field.name not in NOT_PLAIN]
    spent = [field.name for field in fields(TrainingBudget)]
    found = []
    for row in rows:
        values: list[Any] = [*(row.panel.place[number] for number in kept), row.asked.kind, row.asked.amount]
        values += [" = ".join(row.criteria), *(getattr(row, name) for name in names)]
        found.append([*values, *(getattr(row.budget, name) for name in spent)])
    place = [columns[number] for number in kept]
    return DataTable("methods", (*place, "budget", "asked", "criterion", *names, *spent), found)


def cells(row: MethodRow) -> tuple[tuple[str, Any], ...]:
    """What stands below each of `HEADINGS`, and what it is sorted by."""
    spent = row.budget
    between = f"[{numbers.quality(row.map_low)}, {numbers.quality(row.map_high)}]"
    return (
        (row.method, row.method),
        (row.family, row.family),
        (said_asked(row.asked), row.asked.amount),
        (numbers.quality(row.map_mean), row.map_mean),
        (between if math.isfinite(row.map_low) else "", row.map_low),
        (str(row.n), row.n),
        (
            marks.behind(numbers.gap(row.difference), marks.of_difference(row.difference, row.like_random))
            if math.isfinite(row.difference)
            else "",
            row.difference,
        ),
        (numbers.interval(row.difference_low, row.difference_high), row.difference_low),
        (_training(spent.steps_before, spent.macs_before), spent.steps_before),
        (_training(spent.steps, spent.macs, at_least=spent.at_least), spent.steps),
        (search(spent), spent.search_macs),
        (in_all(row), spent.all_macs),
    )


def search(spent: TrainingBudget) -> str:
    """`3.10 T, 12 s`, nothing without a search."""
    if not spent.search_macs and not spent.search_seconds:
        return ""
    return f"{numbers.count(spent.search_macs)}, {spent.search_seconds:.3g} s"


def in_all(row: MethodRow) -> str:
    """`≥ 2.10 T (1.83)`, nothing where nothing was trained or searched."""
    if not row.budget.all_macs:
        return ""
    bound = "≥ " if row.budget.at_least else ""
    return bound + numbers.beside(numbers.count(row.budget.all_macs), row.relative_budget)


def latex_methods(rows: Sequence[MethodRow], standing: str) -> str:
    """A `table` for each setting, of more than 40 rows a `longtable`."""
    parts = ["% \\usepackage{booktabs,longtable}"]
    for panel in dict.fromkeys(row.panel for row in rows):
        own = [row for row in rows if row.panel == panel]
        caption = f"{panel.title}: methods. {LEGEND}"
        caption += f" {standing[0].upper()}{standing[1:]}." if standing else ""
        starts = [new.asked != old.asked for new, old in zip(own, [own[0], *own[:-1]], strict=True)]
        lines = [[escaped(text) for text, _ in cells(row)] for row in own]
        parts.append(booktabs(caption, HEADINGS, lines, starts, align="lll" + "r" * (len(HEADINGS) - 3)))
    return "\n\n".join(parts) + "\n"


def _training(steps: float, macs: float, *, at_least: bool = False) -> str:
    """`60 steps, 0.94 T`, nothing without training."""
    if not steps:
        return ""
    bound = "≥ " if at_least else ""
    return f"{steps:,.0f} steps, {bound}{numbers.count(macs)}" if math.isfinite(steps) else numbers.MISSING
