"""Networks against each other at equal cost, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from prunebench.reports.content import marks, numbers
from prunebench.reports.statistics.networks_compared import AtCost, NetworkPair
from prunebench.reports.tables.data_table import DataTable

PLACE = ("run", "data", "allocation", "finetune_scope", "schedule")
COLUMNS = (
    *("equal", "cost", "criteria"),
    *("first", "second", "first_scope", "second_scope", "first_unpruned", "second_unpruned"),
    *("map_first", "map_second", "difference", "low", "high", "first_bases", "second_bases", "gap"),
)
HEADINGS = ("networks", "cost", "criteria", "first", "second", "difference", "95 % interval", "base models")
LEGEND = (
    "Differences are the first network minus the second. Each has base models of its own, so these are independent "
    "samples (Welch); the test clips are the same. A criterion's curve ends at the unpruned model, marked *; values "
    "between points lie on a monotone cubic. Intervals are not corrected for the number of costs."
)


def networks_table(pairs: Iterable[NetworkPair]) -> DataTable:
    """Raw values: a row for the mean over criteria and for each criterion, at every cost that two networks share."""
    found = list(pairs)
    return _table(
        found, [(pair, at) for pair in found for at in sorted((*pair.means, *_alone(pair)), key=_place)]
    )


def means_table(pairs: Iterable[NetworkPair]) -> DataTable:
    """Raw values of the means over criteria alone."""
    found = list(pairs)
    return _table(found, [(pair, at) for pair in found for at in pair.means])


def _table(pairs: Sequence[NetworkPair], shown: Sequence[tuple[NetworkPair, AtCost]]) -> DataTable:
    length = ("length",) if any(pair.first.by_length for pair in pairs) else ()
    return DataTable("networks", (*PLACE, *length, *COLUMNS), [_row(pair, at) for pair, at in shown])


def cells(pair: NetworkPair, at: AtCost) -> tuple[tuple[str, Any], ...]:
    """What stands below each of `HEADINGS`, and what it is sorted by."""
    names = " − ".join(
        f"{name} *" if whole else name for name, whole in zip(pair.names, at.unpruned, strict=True)
    )
    low, high = at.difference.interval
    criteria = at.criteria[0] if len(at.criteria) == 1 else f"mean of {len(at.criteria)}"
    mark = marks.of_difference(at.difference.mean, at.difference.may_be_none)
    return (
        (names, names),
        (numbers.count(at.cost), at.cost),
        (criteria, criteria),
        (numbers.quality(at.first), at.first),
        (numbers.quality(at.second), at.second),
        (marks.behind(numbers.gap(at.difference.mean), mark), at.difference.mean),
        (numbers.interval(low, high), low),
        (f"{at.bases[0]}, {at.bases[1]}", min(at.bases)),
    )


def _alone(pair: NetworkPair) -> list[AtCost]:
    """Single criteria, but where the mean is of that one alone."""
    means = {(at.cost, at.criteria) for at in pair.means}
    return [at for at in pair.single if (at.cost, at.criteria) not in means]


def _place(at: AtCost) -> tuple[float, int]:
    return at.cost, -len(at.criteria)


def _row(pair: NetworkPair, at: AtCost) -> list[Any]:
    pruned = next((panel for panel in (pair.first, pair.second) if panel.scope != "none"), pair.first)
    low, high = at.difference.interval
    first, second = pair.names
    return [
        *(pruned.run, pruned.data, pruned.allocation, pruned.finetune_scope, pruned.schedule),
        *((pruned.length,) if pruned.by_length else ()),
        *(pair.quantity.key, at.cost, " ".join(at.criteria)),
        *(first, second, pair.first.scope, pair.second.scope, *at.unpruned),
        *(at.first, at.second, at.difference.mean, low, high, *at.bases, at.gap),
    ]
