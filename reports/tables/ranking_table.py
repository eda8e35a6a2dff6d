"""Rankings as a table: raw values as CSV, and as readers see them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from prunebench.reports.content import numbers
from prunebench.reports.points.panel import PLACE
from prunebench.reports.statistics.ranking import Ranked, Ranking

HEADINGS = (
    "criterion",
    "rank",
    "mAP",
    "95 % interval",
    "from random",
    "95 % interval",
    "from best",
    "95 % interval",
    "first",
)
LEGEND = (
    "At equal cost, between two points on the straight line between them (~), never beyond the ends of a "
    "criterion's curve. Intervals: base models and test clips drawn together, fine-tuning seeds averaged within. "
    "first: probability of being first. With six base models or more, and the number of criteria counted in (Holm, "
    "5 %), =: cannot be told from the best; ○: nor from random."
)


def columns() -> list[str]:
    """Names of the columns of `rows_of`."""
    return [
        *PLACE,
        "equal",
        "cost",
        "relative",
        "chosen_by",
        "bases",
        "units",
        "detectable",
        *(f.name for f in fields(Ranked)),
    ]


def rows_of(rankings: Sequence[Ranking]) -> list[list[Any]]:
    """A row a criterion and budget, with the columns of `columns`; cost is nan over all budgets."""
    found = []
    for ranking in rankings:
        place: list[Any] = [
            *ranking.panel.place,
            ranking.quantity.key,
            ranking.cost,
            ranking.relative,
            ranking.chosen_by,
        ]
        place += [ranking.bases, ranking.units, ranking.detectable]
        found += [[*place, *(getattr(row, f.name) for f in fields(Ranked))] for row in ranking.rows]
    return found


def cells(row: Ranked) -> tuple[str, ...]:
    """What stands below each of `HEADINGS`."""
    like_random = not math.isnan(row.from_random_p) and row.from_random_p > 0.05
    return (
        row.label + (" ~" if row.interpolated else ""),
        f"{row.rank}{' =' if row.with_best and row.rank > 1 else ''}",
        numbers.quality(row.mean),
        f"[{numbers.quality(row.low)}, {numbers.quality(row.high)}]" if math.isfinite(row.low) else "",
        numbers.gap(row.from_random) + (" ○" if like_random else ""),
        numbers.interval(row.from_random_low, row.from_random_high),
        numbers.gap(row.from_best) if row.rank > 1 else "",
        numbers.interval(row.from_best_low, row.from_best_high),
        f"{100 * row.first:.0f} %" if math.isfinite(row.first) else "",
    )
