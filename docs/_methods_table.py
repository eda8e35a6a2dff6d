"""`python docs/_methods_table.py RUN`: the methods of a run beside each other, a column a budget point.

Mean test mAP, the difference from `random` (uniform, one-shot, plain training) with its 95 % interval, and the MACs of
training and search relative to those of that `random`, as the report's table of methods has them. The sentences below
the table name the methods that differ detectably from `random`, and give the median half-width of the intervals.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from statistics import median

from prunebench.reports import make_report
from prunebench.reports.content.methods_said import said_asked
from prunebench.reports.statistics.methods import MethodRow

SIGN = str.maketrans("-", "−")


def main(run: str) -> None:
    """Print the table as Markdown, by family and falling mean mAP, and the sentences."""
    rows = make_report([run], methods=True).methods
    asked = list(dict.fromkeys(row.asked for row in rows if row.criteria))
    of = {(row.family, row.method, row.asked): row for row in rows}
    methods = list(dict.fromkeys((row.family, row.method) for row in rows))
    spent = any(row.relative_budget > 1.005 or row.relative_budget < 0.995 for row in rows if row.criteria)
    heads = [
        "family",
        "method",
        *(f"mAP at {said_asked(one)}" for one in asked),
        *(["MACs spent"] if spent else []),
    ]
    print(f"| {' | '.join(heads)} |\n|---|---|{'---:|' * (len(heads) - 2)}")
    for family, method in sorted(methods, key=lambda name: _place(name, methods, of, asked)):
        found = [of.get((family, method, one)) for one in asked]
        if not any(found):
            found = [next(row for row in rows if row.method == method)] * len(asked)
        told = [_cell(row) for row in found]
        budget = [_ratio([row.relative_budget for row in found if row])] if spent else []
        print(f"| {family} | {method} | {' | '.join([*told, *budget])} |")
    print()
    for sentence in _told_apart(rows, asked):
        print(sentence)


def _place(
    name: tuple[str, str],
    methods: Sequence[tuple[str, str]],
    of: dict[tuple[str, str, object], MethodRow],
    asked: Sequence[object],
) -> tuple[int, float]:
    families = list(dict.fromkeys(family for family, _ in methods))
    means = [row.map_mean for one in asked if (row := of.get((*name, one)))]
    return families.index(name[0]), -sum(means)


def _told_apart(rows: Sequence[MethodRow], asked: Sequence[object]) -> list[str]:
    found = []
    for one in asked:
        rivals = [row for row in rows if row.asked == one and row.criteria and not row.is_reference]
        tested = [row for row in rivals if row.like_random is not None]
        if not tested:
            found.append(
                f"At {said_asked(one)}, no difference from `random` is tested: the run repeats nothing."
            )
            continue
        above = [row.method for row in tested if not row.like_random and row.difference > 0]
        below = [row.method for row in tested if not row.like_random and row.difference < 0]
        wide = median((row.difference_high - row.difference_low) / 2 for row in tested)
        found.append(
            f"At {said_asked(one)}, {_of_all(above, tested)} detectably above `random`{_named(above)}, and "
            f"{len(below)} {_are(below)} detectably below{_named(below)}. "
            f"The median half-width of the intervals is {wide:.3f}."
        )
    return found


def _of_all(methods: Sequence[str], every: Sequence[object]) -> str:
    return f"{len(methods)} of {len(every)} method{'s' * (len(every) != 1)} {_are(methods)}"


def _are(methods: Sequence[str]) -> str:
    return "is" if len(methods) == 1 else "are"


def _named(methods: Sequence[str]) -> str:
    return f" ({', '.join(methods)})" if methods else ""


def _ratio(values: Sequence[float]) -> str:
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return ""
    low, high = f"{min(known):.2f}", f"{max(known):.2f}"
    return low if low == high else f"{low} to {high}"


def _cell(row: MethodRow | None) -> str:
    if row is None:
        return ""
    told = f"{row.map_mean:.3f}"
    if math.isnan(row.difference) or row.is_reference:
        return told
    low, value, high = (
        f"{number:+.3f}".translate(SIGN)
        for number in (row.difference_low, row.difference, row.difference_high)
    )
    return f"{told} ({value})" if math.isnan(row.difference_low) else f"{told} ({value} [{low}, {high}])"


if __name__ == "__main__":
    main(*sys.argv[1:])
