"""The smallest detectable differences in words; what cannot be told is said instead of a figure that says nothing.

A figure above 1 is no difference that mAP can have: too few base models know their own variance. None is printed, in
sentences, tables and pages alike; JSON and CSV keep every number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from prunebench.reports.content import numbers
from prunebench.reports.statistics.detectable import Detectable, Smallest

BETWEEN, CHANCE = "between two criteria", "between a criterion and random"


def said_size(figure: Smallest) -> str:
    """`0.013 [0.011, 0.018]`, `0.475 [0.318, over 1]`; without brackets where their ends are the same in print."""
    low, high = numbers.quality(figure.low), numbers.quality(figure.high)
    if low == high:
        return numbers.quality(figure.difference)
    return f"{numbers.quality(figure.difference)} [{low}, {high if figure.high <= 1 else 'over 1'}]"


def detectable_said(found: Detectable) -> str:
    """What the smallest detectable differences are, or why they cannot be told."""
    if not found.by_ratio:
        return f"The smallest detectable difference is unknown: {found.missing} are missing."
    figures = [
        (
            whom,
            [(numbers.share(at.ratio), figure) for at, figure in zip(found.by_ratio, own, strict=True)],
        )
        for whom, own in (
            (BETWEEN, [at.criteria for at in found.by_ratio]),
            (CHANCE, [at.random for at in found.by_ratio]),
        )
    ]
    text = " ".join(said_sizes(figures, found.bases, where="that this run could have detected"))
    if found.conditional:
        these = "this base model" if found.bases == 1 else f"these {found.bases} base models"
        text += (
            f" All differences and intervals here are valid for {these} only; a claim needs six base models."
        )
    return text


def said_sizes(
    figures: Sequence[tuple[str, Sequence[tuple[str, Smallest]]]], bases: int, *, where: str
) -> Iterator[str]:
    """A sentence on the figures that can be told, then one on those that cannot.

    Args:
        figures: between whom, and each figure with its ratio: `"25 %"`, empty where there is one alone.
        bases: base models that they stand on.
        where: behind `The smallest difference`: `that this run could have detected`.
    """
    known = [(whom, [(at, f) for at, f in own if f.is_told]) for whom, own in figures]
    parts = [f"{_joined([said_size(f) + _at([at]) for at, f in own])} {whom}" for whom, own in known if own]
    if parts:
        parts[0] = _with_unit(parts[0])
        brackets = any("[" in part for part in parts)
        how = "; in brackets an 80 % interval" * brackets
        joint = "; " if any(at for _, own in known for at, _ in own) else " and "
        is_one = sum(len(own) for _, own in known) == 1
        what, are = ("difference", "is") if is_one else ("differences", "are")
        yield f"The smallest {what} {where} (two-sided 5 %, power 80 %{how}) {are} {joint.join(parts)}."
    untold = [
        (whom, [at for at, f in own if not f.is_told and math.isfinite(f.difference)])
        for whom, own in figures
    ]
    if any(own for _, own in untold):
        where = " and ".join(whom + _at(own) for whom, own in untold if own)
        models = f"{bases} base model{'s' * (bases != 1)}"
        yield f"The smallest detectable difference {where} cannot be determined with {models}."


def _at(places: Sequence[str]) -> str:
    """` at 75 % and 90 %`, nothing where places have no names."""
    return f" at {_joined(places)}" if any(places) else ""


def _with_unit(part: str) -> str:
    """mAP behind the first figure."""
    head, mark, rest = part.partition(" at ")
    return f"{head} mAP{mark}{rest}" if mark else part.replace(" between", " mAP between", 1)


def _joined(parts: Sequence[str]) -> str:
    """`0.013 at 25 % and 0.024 at 50 %`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
