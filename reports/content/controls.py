"""What the controls say: pruned models against the unpruned one and scratch, reversed criteria, collapsed random."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from prunebench.reports.content import numbers
from prunebench.reports.content.places_said import said_place
from prunebench.reports.inference.against_random import AgainstRandom
from prunebench.reports.inference.interval import Difference
from prunebench.reports.points.lengths import SCRATCH
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Place, Point
from prunebench.reports.statistics.comparisons import Comparisons
from prunebench.reports.statistics.summary_rows import SummaryRow

CONTROLS = ("reversed", *SCRATCH)
ALIKE, UNTESTED = "not distinguishable", "not tested"
BETTER, WORSE = "better than as defined for", "worse for"
LEFT = 0.2  # of the unpruned model's test mAP: with less, a pruned model hardly works


def reversed_of(point: Point, points: Sequence[Point]) -> list[Point]:
    """The reversals of a point's criteria at its place."""
    return [
        p
        for p in points
        if (p.control, p.panel, p.place) == ("reversed", point.panel, point.place)
        and set(p.criteria) & set(point.criteria)
    ]


def said_controls(panel: Panel, points: Sequence[Point], comparisons: Comparisons) -> Iterator[str]:
    """Whether a pruned model is better than the unpruned one, which criteria are better reversed, what scratch reaches.

    What has an interval and what has none stand in sentences of their own.
    """
    own = [p for p in points if p.panel == panel]
    yield from _unpruned(own, comparisons)
    for place in sorted({p.place for p in own if p.control == "reversed"}):
        yield from _reversed(place, own, comparisons)
    for control in SCRATCH:
        found = sorted((p for p in own if p.control == control), key=lambda p: p.ratio)
        pairs = [pair for p in found if (pair := _scratch(p, own, comparisons)) is not None]
        for tested in (True, False):
            parts = [text for difference, text in pairs if (difference.may_be_none is not None) is tested]
            if parts:
                expected = f"95 % intervals, not corrected: {numbers.by_chance(len(parts))} if none differed"
                how = expected if tested else "not tested"
                label = found[0].label[0].upper() + found[0].label[1:]
                yield f"{label}, minus the highest criterion of the same shape ({how}): {', '.join(parts)}."


def _unpruned(own: Sequence[Point], comparisons: Comparisons) -> Iterator[str]:
    """At each place how many criteria, random among them, are better than the unpruned model and how many are worse."""
    whole = next((p for p in own if p.control == "unpruned-fine-tuned" and not p.own_rate), None)
    if whole is None:
        return
    places, parts, every = {p.place for p in own}, [], []
    for place in sorted(places):
        peers = [p for p in own if p.place == place and p.control is None]
        found = [(p, a) for p in peers if (a := comparisons.against(whole, p)) and a.alike is not None]
        if found:
            best, highest = max(found, key=lambda pair: pair[1].difference.mean)
            better, worse = _sides([against for _, against in found])
            parts.append(
                f"with {said_place(place, places)} removed {better} better and {worse} worse (highest: {best.label} "
                f"{_gap(highest.difference)})"
            )
            every += [against for _, against in found]
    if parts:
        better, worse = _sides(every)
        chance = f"95 % intervals, not corrected: {numbers.by_chance(len(every))} if none differed"
        how = chance if any(math.isnan(against.p) for against in every) else "Holm at each ratio, 5 %"
        yield (
            f"{better} of {len(every)} means (a criterion at a ratio) {_is(better)} better than the unpruned model, "
            f"fine-tuned the same way, and {worse} {_is(worse)} worse ({how}): {'; '.join(parts)}."
        )


def _sides(found: Sequence[AgainstRandom]) -> tuple[int, int]:
    """How many are better, and how many worse."""
    differ = [against.difference.mean > 0 for against in found if not against.alike]
    return sum(differ), len(differ) - sum(differ)


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _reversed(place: Place, own: Sequence[Point], comparisons: Comparisons) -> Iterator[str]:
    peers = [p for p in own if p.place == place]
    groups: dict[str, list[tuple[float, str]]] = {}
    for point in peers:
        if point.control is None and not point.is_random:
            for turned in reversed_of(point, peers):
                found = comparisons.difference(turned, point)
                if found is not None:
                    groups.setdefault(_verdict(found), []).append(
                        (-found.mean, f"{point.label} {_gap(found)}")
                    )
    told = [
        f"{heading} {', '.join(text for _, text in sorted(groups[heading]))}"
        for heading in (BETTER, WORSE)
        if heading in groups
    ]
    alike = len(groups.get(ALIKE, ()))
    if alike:
        whose = f"the other {alike}" if told else f"{alike} criteri{'on' if alike == 1 else 'a'}"
        told.append(f"no detectable difference for {whose}")
    removed = f"Reversed, with {numbers.share(place[0])} removed"
    if told:
        expected = numbers.by_chance(sum(len(found) for how, found in groups.items() if how != UNTESTED))
        yield f"{removed}: {'; '.join(told)} (95 % intervals, not corrected: {expected} if none differed)."
    if UNTESTED in groups:
        bare = ", ".join(text for _, text in sorted(groups[UNTESTED]))
        yield f"{removed}, from the criterion as defined (not tested): {bare}."


def _verdict(found: Difference) -> str:
    if found.may_be_none is None:
        return UNTESTED
    if found.may_be_none:
        return ALIKE
    return BETTER if found.mean > 0 else WORSE


def _scratch(point: Point, own: Sequence[Point], comparisons: Comparisons) -> tuple[Difference, str] | None:
    """The difference, and `−0.010 [−0.083, +0.063] at 75 % (geometric_median)`."""
    peers = [p for p in own if p.place == point.place]
    ruled = [p for p in peers if p.control is None and not p.own_budget]
    if not ruled:
        return None
    best = max(ruled, key=lambda p: p.mean_map)
    found = comparisons.difference(point, best)
    if found is None:
        return None
    return found, f"{_gap(found)} at {numbers.share(point.ratio)} ({best.label})"


def _gap(found: Difference) -> str:
    low, high = found.interval
    between = "" if found.may_be_none is None else f" {numbers.interval(low, high)}"
    return numbers.gap(found.mean) + between


def said_collapse(rows: Sequence[SummaryRow]) -> Iterator[str]:
    """One sentence on the ratios of a panel at which random keeps less than a fifth of the unpruned model's mAP."""
    whole = next((row.map_mean for row in rows if row.control == "unpruned"), None)
    chance = sorted((row for row in rows if row.is_random and not row.own_budget), key=lambda row: row.place)
    lost = [row for row in chance if whole is not None and has_collapsed(row.map_mean, whole)]
    if lost and whole is not None:
        places = [row.place for row in chance]
        each = ", ".join(
            f"{numbers.quality(row.map_mean)} at {said_place(row.place, places)}" for row in lost
        )
        yield (
            f"{each}: random keeps less than a fifth of the unpruned model's {numbers.quality(whole)} mAP there, so "
            "a lead over random does not mean that a model works."
        )


def has_collapsed(pruned: float, whole: float) -> bool:
    """Whether a mean test mAP is less than a fifth of the unpruned model's."""
    return pruned < LEFT * whole
