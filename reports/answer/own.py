"""What a report says of criteria that do not come with the package: their author looks for them first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prunebench.reports.answer.tried import Tried, joined
from prunebench.reports.points.order import ORDER

NAMED = 2  # criteria that the clause names
ALIKE = "not distinguishable from random"
_KNOWN = {label.partition("[")[0] for label in ORDER}


def said_own(tested: Sequence[Tried], told: str) -> str:
    """`; mine is not distinguishable from random`, for criteria of plug-ins and files that nothing names yet.

    Args:
        tested: all tested criteria.
        told: the sentence so far.

    Returns:
        A clause to append; empty where there is no such criterion.
    """
    own = [
        label
        for label in dict.fromkeys(t.label for t in tested)
        if not _comes_with_the_package(label) and not _names(told, label)
    ]
    clauses: dict[str, list[str]] = {}
    for label in own[:NAMED]:
        clauses.setdefault(_standing([t for t in tested if t.label == label]), []).append(label)
    told_of = [
        f"; {joined(labels)} {_verb(standing, len(labels), tested)} {standing}"
        for standing, labels in clauses.items()
    ]
    others = len(own) - NAMED
    more = f"; {others} more such criteri{'on is' if others == 1 else 'a are'} in the table" * (others > 0)
    return "".join(told_of) + more


def _names(told: str, label: str) -> bool:
    """Whether a sentence says something of a criterion; its name alone may be a word or a part of another name."""
    said = rf"(?<!\S){re.escape(label)}(?= \(|, | and | (?:score|look|beat|do)(?:e?s)?\b|$)"
    return re.search(said, told) is not None


def _comes_with_the_package(label: str) -> bool:
    """Whether a row's criterion does, or one of several that removed the same filters."""
    criterion = label.partition(" · ")[0].partition(" after ")[0]
    bare = [name.removesuffix("†").partition("[")[0] for name in criterion.split(" = ")]
    return any(name in _KNOWN or name.startswith("tp:") for name in bare)


def _verb(standing: str, labels: int, tested: Sequence[Tried]) -> str:
    """`is`, or `looks` where no test corrects for the number of comparisons."""
    if standing == ALIKE or all(t.corrected for t in tested):
        return "is" if labels == 1 else "are"
    return "looks" if labels == 1 else "look"


def _standing(tried: Sequence[Tried]) -> str:
    """`not distinguishable from random`, `better than random at 2 of 3 budgets and worse at 1`.

    In several settings a budget is compared more than once.
    """
    won, lost = sum(t.wins for t in tried), sum(t.loses for t in tried)
    if not won and not lost:
        return ALIKE
    several = len({t.setting for t in tried}) > 1
    where, compared = ("in", "comparisons") if several else ("at", "budgets")
    first, second = ("better", f" and worse {where} {lost}" * bool(lost)) if won else ("worse", "")
    count = won or lost
    if count == len(tried):
        return f"{first} than random{f' {where} all {count} {compared}' * (count > 1)}"
    return f"{first} than random {where} {count} of {len(tried)} {compared}{second}"
