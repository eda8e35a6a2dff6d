"""The summary in words: each number behind the name of what it is, nothing that the run cannot carry."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from prunebench.eval.run.record import CONVERGED, FINE_TUNED, Record
from prunebench.reports.content import marks, numbers
from prunebench.reports.content.controls import said_collapse
from prunebench.reports.content.detectable_said import detectable_said
from prunebench.reports.content.places_said import said_budget
from prunebench.reports.content.rates_said import said_rates
from prunebench.reports.points.groups import groups_of, in_order, word_of
from prunebench.reports.points.name_ranges import in_ranges
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.statistics.detectable import Detectable
from prunebench.reports.statistics.summary_rows import SummaryRow
from prunebench.reports.statistics.variance import components_at, standard_deviation

NAMED = 10  # points that are named; more make no sentence
LISTED = 12  # groups that are named; a Cnn14 has as many


def said(
    found: Detectable,
    points: Sequence[Point],
    rows: Sequence[SummaryRow],
    scores: ClipScores,
    controls: Sequence[str] = (),
) -> tuple[str, ...]:
    """Sentences on one panel, that of the smallest detectable difference first; `controls` are among them."""
    own = [row for row in rows if row.panel == found.panel]
    sentences = [
        detectable_said(found),
        *_best(own),
        *_own_budgets(own),
        *_frontier(own),
        *_like_random(own),
        *said_collapse(own),
        *_controls(own),
        *said_rates(found.panel, points),
        *controls,
        *_clips(found.panel, points, scores),
        *spread_said(found.panel, points),
    ]
    return tuple(map(numbers.unbroken, sentences))


def _best(rows: Sequence[SummaryRow]) -> Iterator[str]:
    ruled = [row for row in rows if row.control is None and not row.own_budget]
    places = sorted({row.place for row in ruled})
    for place in places:
        scope = rows[0].panel.filters_of
        ranked = sorted(
            (row for row in ruled if row.place == place),
            key=lambda row: -row.map_mean,
        )
        first = ranked[0]
        budget = said_budget(place, places)
        removed = f"With {numbers.share(place[0])} of the filters of {scope} removed{budget}{_left(first)}"
        text = f"{removed}, {first.label} has the highest mean, {numbers.quality(first.map_mean)} mAP"
        if first.is_random:
            second = (
                f"{ranked[1].label} is second ({numbers.quality(ranked[1].map_mean)})"
                if ranked[1:]
                else "no criterion is finished there"
            )
            text += f"; {second}"
        elif first.like_random is not None:
            between = numbers.interval(first.difference_low, first.difference_high)
            text += f"; the difference from random is {numbers.gap(first.difference)} {between}"
            text += ", not distinguishable from zero" if first.like_random else ""
        elif math.isfinite(first.difference):
            text += f"; the difference from random is {numbers.gap(first.difference)}, which is not tested"
        yield text + "."


def _left(row: SummaryRow) -> str:
    """` (0.62 of the backbone's MACs left)`, nothing where they are not known."""
    left = row.macs_backbone_relative
    return f" ({left:.2f} of the backbone's MACs left)" if left > 0 else ""


def _own_budgets(rows: Sequence[SummaryRow]) -> Iterator[str]:
    for row in rows:
        if row.own_budget:
            yield (
                f"{row.label} chose how many filters to remove, {numbers.share(row.ratio)} of those of "
                f"{row.panel.filters_of}{_left(row)}, and has a mean of {numbers.quality(row.map_mean)} mAP; nothing "
                "else was measured at that ratio."
            )


def _frontier(rows: Sequence[SummaryRow]) -> Iterator[str]:
    best = [row for row in rows if row.on_frontier]
    if best:
        criteria = {row.label: row.on_frontier for row in rows if row.control is None and not row.is_random}
        criteria |= {row.label: True for row in rows if row.on_frontier and row.label in criteria}
        total, held = len(criteria), sum(criteria.values())
        if not total:
            return
        lie = "lies" if held == 1 or total == 1 else "lie"
        own = [row for row in best if row.label in criteria]
        chance, above = ([row for row in best if test(row)] for test in (_is_random, _is_control))
        names = f": {_with_ratios(own)}" if own else ""
        also = f"; {_with_ratios(chance)} lies on it{' too' * bool(held)}" if chance else ""
        controls = f"; controls above it: {_with_ratios(above, '; ')}" if above else ""
        yield (
            f"{held} of {_count(total, 'criterion', 'criteria')} {lie} on the Pareto frontier of criteria (mAP against "
            f"MACs of the backbone){names}{also}{controls}."
        )


def _is_random(row: SummaryRow) -> bool:
    return row.is_random


def _are(rows: Sequence[SummaryRow]) -> str:
    return "is" if len(rows) == 1 else "are"


def _is_control(row: SummaryRow) -> bool:
    return row.control is not None


def _like_random(rows: Sequence[SummaryRow]) -> Iterator[str]:
    held = [row for row in rows if row.control is None and row.like_random is not None]
    alike, apart = ([row for row in held if row.like_random is like] for like in (True, False))
    if held:
        better, worse = ([row for row in apart if (row.difference > 0) is above] for above in (True, False))
        parts = [f"{w}: {_with_ratios(rows)}" for w, rows in (("better", better), ("worse", worse)) if rows]
        names = f"; {'; '.join(parts)}" if parts else ""
        if len(alike) <= NAMED:
            names = f": {_with_ratios(alike)}" * bool(alike) + names
        yield (
            f"{len(alike)} of {_count(len(held), 'point')} (a criterion at a ratio) {_are(alike)} not distinguishable "
            f"from random at the same ratio{names} ({_correction(held)})."
        )
    bare = [
        row
        for row in rows
        if row.control is None and row.like_random is None and math.isfinite(row.difference)
    ]
    if bare:
        are = "is" if len(bare) == 1 else "are"
        yield (
            f"{_count(len(bare), 'point')} (a criterion at a ratio) {are} not tested against random, for one "
            f"of two reasons: {marks.UNTESTED}."
        )


def _correction(held: Sequence[SummaryRow]) -> str:
    """How marks were made, and how many of those that are not corrected chance alone makes."""
    tested = [row for row in held if math.isfinite(row.difference_p)]
    bare = len(held) - len(tested)
    parts = ["by tests at 5 %, corrected for the number of criteria at a ratio (Holm)"] if tested else []
    if bare:
        parts.append(
            f"by 95 % intervals, not corrected{f' ({bare} points)' * bool(tested)}: if no criterion differed, there "
            f"would be {numbers.by_chance(bare)}"
        )
    return "; ".join(parts)


def _with_ratios(rows: Sequence[SummaryRow], separator: str = ", ") -> str:
    """`l1 (25 %, 50 %), l2 (75 %)`; controls take another separator, since their names hold commas."""
    ratios: dict[str, list[str]] = {}
    for row in rows:
        ratios.setdefault(row.label, []).extend([numbers.share(row.ratio)] if row.ratio else [])
    return separator.join(f"{label} ({', '.join(at)})" if at else label for label, at in ratios.items())


def _controls(rows: Sequence[SummaryRow]) -> Iterator[str]:
    known = [row for row in rows if row.control in ("unpruned", "unpruned-fine-tuned")]
    if known:
        parts = [f"{row.label} {numbers.quality(row.map_mean)} (n = {row.n})" for row in known]
        yield f"Mean test mAP of n unpruned models: {'; '.join(parts)}."


def _clips(panel: Panel, points: Sequence[Point], scores: ClipScores) -> Iterator[str]:
    clips = scores.clips(panel.data)
    if clips is not None:
        positives = int(clips.targets.any(axis=0).sum())
        have = "has" if positives == 1 else "have"
        yield (
            f"{positives} of {_count(len(clips.class_names), 'class', 'classes')} {have} positives among the "
            f"{_count(len(clips.sources), 'test clip')} from {_count(clips.recordings, 'recording')}; mAP is "
            "the unweighted mean over these classes."
        )
    rounded = {
        layer
        for p in points
        if p.panel == panel
        for r in p.records
        for layer in r.off_request
        if layer in r.groups
    }
    if rounded:
        groups = groups_of(points, panel)
        names = in_ranges(in_order(rounded, groups))
        if len(names) > LISTED:
            names = [*names[: LISTED - 1], "and others"]
        yield (
            f"{_count(len(rounded), word_of(groups))} lost a different share than requested, because shares are "
            f"rounded to whole filters: {', '.join(names)}."
        )
    yield from _missed_targets(panel, points)


def _missed_targets(panel: Panel, points: Sequence[Point]) -> Iterator[str]:
    """Budgets that multiples of a divisor do not meet, with the largest miss."""
    missed = [r for p in points if p.panel == panel for r in p.records if r.budget in r.off_request]
    by_ratio = [r for r in missed if r.budget == "ratio"]
    if by_ratio:
        worst = max(by_ratio, key=_miss)
        asked, removed = worst.off_request["ratio"]
        yield (
            f"{_count(len(by_ratio), 'cell')} lost a different share of filters than requested, because the number "
            f"kept must be a multiple of {worst.divisor}; the largest miss is {numbers.share(removed)} instead of "
            f"{numbers.share(asked)}."
        )
    records = [r for r in missed if r.budget != "ratio"]
    if records:
        worst = max(records, key=_miss)
        asked, left = worst.off_request[worst.budget]
        yield (
            f"{_count(len(records), 'cell')} missed the target of {worst.budget.replace('_', ' ')}, because the "
            f"number of filters kept is a multiple of {worst.divisor}; the farthest has {numbers.share(left)} of that "
            f"cost left instead of {numbers.share(asked)}."
        )


def _miss(record: Record) -> float:
    asked, came = record.off_request[record.budget]
    return abs(came - asked)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def spread_said(panel: Panel, points: Sequence[Point]) -> Iterator[str]:
    """One sentence on the standard deviations of a panel's criteria, the root of the mean over its points."""
    own = [p for p in points if p.panel == panel and p.control is None]
    tuned = [components_at(point, CONVERGED if panel.length == CONVERGED else FINE_TUNED) for point in own]
    between, within = (
        standard_deviation(c.between for c in tuned),
        standard_deviation(c.within for c in tuned),
    )
    if math.isnan(between) or math.isnan(within):
        return
    text = (
        f"The mAP of a criterion has a standard deviation of {numbers.quality(between)} between base models and of "
        f"{numbers.quality(within)} between seeds of pruning and fine-tuning"
    )
    before = standard_deviation(components_at(point, "pruned").between for point in own)
    if not math.isnan(before):
        text += f"; before fine-tuning it is {numbers.quality(before)} between base models"
    yield text + "."
