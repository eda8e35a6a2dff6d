"""What must stand beside a lead over `random` that a run claims: its size, its origin, what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from _results_entry import CONVERGENCE, Entry
from _results_page import code

from prunebench.eval.run.record import CONVERGED
from prunebench.reports import Report
from prunebench.reports.content import numbers
from prunebench.reports.statistics.ranking import Ranked

LONGER = 1.05  # times the training of random, from which it is said


def better_and_worse(claims: Sequence[Entry]) -> set[str]:
    """Labels of criteria that are better than random in one claim and worse in another."""
    better, worse = ({row.label for entry in claims for row in entry.told(better=up)} for up in (True, False))
    return better & worse


def said_leads(claims: Sequence[Entry]) -> Iterator[str]:
    """Sentences on each criterion that a claim calls better than random."""
    for entry in claims:
        for row in entry.told(better=True):
            yield from _said_lead(entry, row, claims)


def _said_lead(entry: Entry, row: Ranked, claims: Sequence[Entry]) -> Iterator[str]:
    between = numbers.interval(row.from_random_low, row.from_random_high)
    text = f"The lead of {code(row.label)} is {numbers.gap(row.from_random)} mAP {between}"
    smallest = entry.ranking.detectable_from_random
    if smallest.is_told and row.from_random < smallest.difference:
        text += f", less than the {numbers.quality(smallest.difference)} that a run like this detects in 80 % of cases"
    most = _largest(entry, row)
    if most:
        text += f"; most of it comes from {most}"
    text += _trained(entry, row)
    against = [
        f"{other.length} on {other.sounds} it is worse than `random` ({numbers.gap(found.from_random)})"
        for other in claims
        for found in other.told(better=False)
        if found.label == row.label
    ]
    yield f"{'; '.join([text, *against])}.".replace(" %", "\u00a0%")


def _largest(entry: Entry, row: Ranked) -> str:
    """The budget that contributes more than half of a mean lead: `models with 90 % removed (+0.018)`."""
    own = [
        r for r in entry.report.rows if r.panel == entry.panel and r.label == row.label and not r.own_budget
    ]
    if not own:
        return ""
    most = max(own, key=lambda r: r.difference)
    if most.difference <= 0.5 * row.from_random * len(own):
        return ""
    gap = f"{numbers.gap(most.difference)}{' ≈' * bool(most.like_random)}"
    where = f"models with {numbers.share(most.ratio)} removed ({gap})"
    cut = cut_short(entry.report, most.ratio) if entry.length == CONVERGENCE else ""
    return f"{where}, where {cut}" if cut else where


def cut_short(report: Report, ratio: float | None) -> str:
    """`17 of the 36 models of all criteria had not converged at their last step`; empty where all had."""
    pruned = (r for run in report.runs for r in run.records if r.ratio == ratio and not r.control)
    ends = [r.stages[CONVERGED] for r in pruned if CONVERGED in r.stages]
    cut = sum(end.get("bound_reached", 0) > 0 for end in ends)
    return (
        f"{cut} of the {len(ends)} models of all criteria had not converged at their last step" if cut else ""
    )


def _trained(entry: Entry, row: Ranked) -> str:
    """How much longer than random the criterion was trained, where that differs by a twentieth at some budget."""
    own = [
        method.relative_budget
        for method in entry.report.methods
        if method.label == row.label and method.panel == entry.panel
    ]
    if not own or max(own) < LONGER:
        return ""
    return f"; its trainings took {min(own):.2f} to {max(own):.2f} times the MACs of those of `random`"
