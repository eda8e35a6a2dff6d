"""Rankings as a table: raw values as CSV, and as readers see them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from prunebench.reports.content import marks, numbers
from prunebench.reports.points.panel import place_columns
from prunebench.reports.statistics.ranking import Ranked, Ranking

HEADINGS = (
    "criterion",
    "rank",
    "mAP",
    "95 % interval",
    "from random",
    "95 % interval",
    "from best",
    "95 % interval, all pairs",
)
_DIFFERENCES = marks.legend(marks.ALIKE, marks.NOT_TESTED).replace("at the same ratio", "at the same cost")
LEGEND = (
    "All values are at equal cost. ~: interpolated between two measured points by a monotone cubic through all points "
    "of the criterion. ~~: the same, and the nearest measured point is more than 15 % of the unpruned cost away. No "
    "value lies beyond the ends of a criterion's curve. Intervals account for the base models and the test clips; with "
    "one base model they account for repeats and test clips, and are valid for this model only. The interval behind "
    "“from random” is valid for one comparison, that behind “from best” for all pairs together. "
    f"{_DIFFERENCES} Behind a rank, {marks.MAY_BE_BEST}: may be the best (step-down test, 5 % for all criteria "
    f"together); {marks.NOT_TESTED}: not tested, because there are fewer than six base models or no per-clip scores; "
    "no mark: another criterion is better."
)


def columns(rankings: Sequence[Ranking]) -> list[str]:
    """Names of the columns of `rows_of`."""
    return [
        *place_columns(ranking.panel for ranking in rankings),
        "equal",
        "cost",
        "relative",
        "chosen_by",
        "bases",
        "detectable",
        "detectable_low",
        "detectable_high",
        "detectable_from_random",
        "detectable_from_random_low",
        "detectable_from_random_high",
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
        place.append(ranking.bases)
        for size in (ranking.detectable, ranking.detectable_from_random):
            place += [size.difference, size.low, size.high]
        found += [[*place, *(getattr(row, f.name) for f in fields(Ranked))] for row in ranking.rows]
    return found


def cells(row: Ranked) -> tuple[str, ...]:
    """What stands below each of `HEADINGS`."""
    return (
        row.label + (" ~~" if row.far else " ~" if row.interpolated else ""),
        marks.behind(str(row.rank), marks.of_best(row.may_be_best)),
        numbers.quality(row.mean),
        f"[{numbers.quality(row.low)}, {numbers.quality(row.high)}]" if math.isfinite(row.low) else "",
        marks.behind(numbers.gap(row.from_random), marks.of_difference(row.from_random, row.like_random)),
        numbers.interval(row.from_random_low, row.from_random_high),
        numbers.gap(row.from_best) if row.rank > 1 else "",
        numbers.interval(row.from_best_low, row.from_best_high),
    )
