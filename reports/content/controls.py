"""What the controls say: pruned models against the unpruned one and scratch, reversed criteria, collapsed random."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from prunebench.eval.run.record_terms import FROM_SCRATCH
from prunebench.reports.content import numbers
from prunebench.reports.content.places_said import said_place
from prunebench.reports.inference.against_random import AgainstRandom
from prunebench.reports.inference.interval import Difference
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Place, Point
from prunebench.reports.statistics.comparisons import Comparisons
from prunebench.reports.statistics.summary_rows import SummaryRow

CONTROLS = ("reversed", *FROM_SCRATCH)
ALIKE, UNTESTED = "not distinguishable", "not tested"
BETTER, WORSE = "better for", "worse for"
LEFT = 0.2  # of the unpruned model's test mAP: with less, a pruned model hardly works
THAN = {
    "scratch": "the same shape trained from scratch",
    "scratch-macs": "the same shape trained from scratch with equal MACs in all",
}


def reversed_of(point: Point, points: Sequence[Point]) -> list[Point]:
    """The reversals of a point's criteria at its place."""
    return [
        p
        for p in points
        if (p.control, p.panel, p.place) == ("reversed", point.panel, point.place)
        and set(p.criteria) & set(point.criteria)
    ]


def said_controls(panel: Panel, points: Sequence[Point], comparisons: Comparisons) -> Iterator[str]:
    """Whether pruned models are better than the unpruned one and than training from scratch, and which reversed.

    What has an interval and what has none stand in sentences of their own.
    """
    own = [p for p in points if p.panel == panel]
    yield from _unpruned(own, comparisons)
    for place in sorted({p.place for p in own if p.control == "reversed"}):
        yield from _reversed(place, own, comparisons)
    for control in FROM_SCRATCH:
        yield from _scratch(control, own, comparisons)


def _unpruned(own: Sequence[Point], comparisons: Comparisons) -> Iterator[str]:
    """Criteria, random among them, against the unpruned model after the same fine-tuning."""
    whole = next((p for p in own if p.control == "unpruned-fine-tuned" and not p.own_rate), None)
    if whole is not None:
        found = _against([(whole, place) for place in {p.place for p in own}], own, comparisons)
        yield from _counted(found, "the unpruned model, fine-tuned the same way")


def _scratch(control: str, own: Sequence[Point], comparisons: Comparisons) -> Iterator[str]:
    """Criteria, random among them, against the model of their shape that was trained from scratch."""
    every = _against([(p, p.place) for p in own if p.control == control], own, comparisons)
    yield from _counted(every, THAN[control])
    parts = []
    for place, found in every.items():
        means = [against.difference.mean for _, against in found if against.alike is None]
        if means:
            lowest, highest = numbers.gap(min(means)), numbers.gap(max(means))
            between = lowest if lowest == highest else f"{lowest} to {highest}"
            parts.append(f"{between} with {said_place(place, every)} removed")
    if parts:
        yield f"Pruned models, minus {THAN[control]} (not tested): {', '.join(parts)}."


def _against(
    references: Sequence[tuple[Point, Place]], own: Sequence[Point], comparisons: Comparisons
) -> dict[Place, list[tuple[Point, AgainstRandom]]]:
    """At each place, in order, the criteria there against the control that stands beside the place."""
    found = {}
    for reference, place in sorted(references, key=lambda pair: pair[1]):
        peers = [p for p in own if p.place == place and p.control is None]
        found[place] = [(p, a) for p in peers if (a := comparisons.against(reference, p)) is not None]
    return found


def _counted(every: Mapping[Place, Sequence[tuple[Point, AgainstRandom]]], than: str) -> Iterator[str]:
    """How many of the tested are better than a control, and how many worse, in all and at each place."""
    tested = {place: [pair for pair in found if pair[1].alike is not None] for place, found in every.items()}
    parts = []
    for place, found in tested.items():
        if found:
            best, highest = max(found, key=lambda pair: pair[1].difference.mean)
            better, worse = _sides([against for _, against in found])
            parts.append(
                f"with {said_place(place, every)} removed, {better} better and {worse} worse (highest difference: "
                f"{best.label} {_gap(highest.difference)})"
            )
    if parts:
        all_of_them = [against for found in tested.values() for _, against in found]
        better, worse = _sides(all_of_them)
        chance = f"95 % intervals, not corrected: {numbers.by_chance(len(all_of_them))} if none differed"
        how = chance if any(math.isnan(against.p) for against in all_of_them) else "Holm at each ratio, 5 %"
        yield (
            f"{better} of {len(all_of_them)} means (a criterion or random at a ratio) {_is(better)} better than "
            f"{than}, and {worse} {_is(worse)} worse ({how}): {'; '.join(parts)}."
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
        one, many = ("other", "others") if told else ("criterion", "criteria")
        whose = f"{alike} {one if alike == 1 else many}"
        told.append(f"no detectable difference for {whose}")
    removed = f"With {numbers.share(place[0])} removed, reversed criteria"
    if told:
        expected = numbers.by_chance(sum(len(found) for how, found in groups.items() if how != UNTESTED))
        told[0] = f"{removed} compared with the same criteria as defined: {told[0]}"
        yield f"{'; '.join(told)} (95 % intervals, not corrected: {expected} if none differed)."
    if UNTESTED in groups:
        bare = ", ".join(text for _, text in sorted(groups[UNTESTED]))
        yield f"{removed} minus the same criteria as defined (not tested): {bare}."


def _verdict(found: Difference) -> str:
    if found.may_be_none is None:
        return UNTESTED
    if found.may_be_none:
        return ALIKE
    return BETTER if found.mean > 0 else WORSE


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
            f"{said_place(row.place, places)} ({numbers.quality(row.map_mean)} mAP)" for row in lost
        )
        yield (
            f"At {each}, random keeps less than a fifth of the unpruned model's mAP ({numbers.quality(whole)}), so a "
            "lead over random there does not mean that a model works."
        )


def has_collapsed(pruned: float, whole: float) -> bool:
    """Whether a mean test mAP is less than a fifth of the unpruned model's."""
    return pruned < LEFT * whole
