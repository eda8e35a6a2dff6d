"""The answer of a report in at most three plain sentences, from the tested differences of its tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prunebench.eval.run.protocol import BUDGETS_FOR_A_CLAIM
from prunebench.reports.answer.tried import Tried, joined, tried_in
from prunebench.reports.answer.verdict import NAMED, said_budgets, said_verdict
from prunebench.reports.content import numbers
from prunebench.reports.content.report import Report
from prunebench.reports.statistics.methods import plainest
from prunebench.reports.statistics.networks_compared import NetworkPair
from prunebench.reports.statistics.ranking import Ranking

CEILING = 0.995  # test mAP of an unpruned model from which its clips are too easy
CHANCE = 0.05  # of comparisons without a difference, whose 95 % interval leaves zero out


def said_answer(report: Report) -> tuple[str, ...]:
    """Who beats random, how sure that is, and what is left of the mAP, at the length where cells ended.

    Differences and marks are those of the methods' table where all are held against one `random`, else those of the
    summary; both have the same values where both have a row.
    """
    tried = tried_in(report)
    if not tried:
        return (_nothing(report),)
    main = report.findings.main_panels
    bases = [found.bases for found in report.detectable if found.panel in main]
    told = [said_verdict(tried, bases), *_sure(report, tried)]
    told += _highest(report, tried) if len({t.setting for t in tried}) == 1 else _networks(report)
    return tuple(map(numbers.unbroken, told))


def _nothing(report: Report) -> str:
    if report.findings.sensitivity:
        return "Each group was pruned alone, without fine-tuning: the figures show what that costs."
    if report.findings.main_panels:
        return "The criteria chose how many filters to remove, so no two can be compared at one budget."
    return "There is nothing to compare yet: no criterion has a finished cell."


def _sure(report: Report, tried: Sequence[Tried]) -> Iterator[str]:
    """The sentence that qualifies the verdict.

    Without correction it says what chance does. With it: who is first; and where no criterion beats random at a
    budget, who does on average, that the clips are too easy, or which leads may go unnoticed.
    """
    tested = [t for t in tried if t.tested]
    bare = [t for t in tested if not t.corrected]
    if any(t.alike is False for t in bare):
        expected = CHANCE * len(bare)
        about = f"{expected:.1g}" if expected < 1 else f"{expected:.0f}"
        several = f"about {about} of {len(bare)} comparisons" if len(bare) > 1 else "1 comparison in 20"
        yield f"This is no claim: chance alone would make {several} look different from random."
    elif any(t.wins for t in tested):
        yield from _first(report)
    elif tested:
        yield from [*_on_average(report)] or [*_ceiling(report)] or _unnoticed(report, tried)


def _over_all(report: Report) -> Ranking | None:
    """The ranking over all budgets of a report with one panel, if it may claim."""
    panels = report.findings.main_panels
    told = report.findings.rankings_to_tell(panels[0]) if len(panels) == 1 else []
    ranking = next((r for _, own in told[:1] for r in own if r.over_all or len(own) == 1), None)
    return ranking if ranking is not None and ranking.may_claim else None


def _on_average(report: Report) -> Iterator[str]:
    """The criteria that beat random on average over all budgets."""
    ranking = _over_all(report)
    if ranking is None or ranking.budgets < BUDGETS_FOR_A_CLAIM:
        return
    ahead = [row for row in ranking.rows if row.like_random is False and row.from_random > 0]
    if ahead:
        leads = [f"{row.label} ({numbers.gap(row.from_random)} mAP)" for row in ahead]
        who = joined(leads) if len(leads) <= NAMED else f"{len(leads)} criteria (most of all {leads[0]})"
        beat = "beats" if len(ahead) == 1 else "beat"
        yield f"On average over all {ranking.budgets} budgets, {who} {beat} random."


def _first(report: Report) -> Iterator[str]:
    """The criterion that is first over all budgets, or those that may be the best."""
    ranking = _over_all(report)
    if ranking is None or any(row.may_be_best is None for row in ranking.rows):
        return
    best, *others = ranking.rows
    over = f"over {ranking.budgets} budgets" if ranking.budgets > 1 else "at this budget"
    also = [row.label for row in others if row.may_be_best]
    if also:
        who = joined(also) if len(also) <= NAMED else f"{len(also)} others"
        yield f"{best.label} has the highest mean {over}, but {who} may be as good."
    elif ranking.budgets >= BUDGETS_FOR_A_CLAIM:
        yield f"{best.label} is first {over}: all others score measurably lower."
    else:
        yield (
            f"All others score measurably lower than {best.label} {over}; a criterion is called first only over "
            f"{BUDGETS_FOR_A_CLAIM} budgets or more."
        )


def _ceiling(report: Report) -> Iterator[str]:
    """Where every unpruned model is nearly perfect, that the test clips leave criteria no room to differ."""
    unpruned = [p.mean_map for p in report.findings.main_points if p.control == "unpruned"]
    if unpruned and min(unpruned) >= CEILING:
        yield (
            f"The test clips are too easy to compare criteria: the unpruned model has a test mAP of "
            f"{numbers.quality(min(unpruned))}."
        )


def _unnoticed(report: Report, tried: Sequence[Tried]) -> Iterator[str]:
    """The smallest differences from random that the run could have detected, as leads that may go unnoticed.

    Nothing where methods of several panels are held against one `random`: these figures are of each panel's own.
    """
    main = report.findings.main_panels
    if {t.setting for t in tried} != set(main):
        return
    known = [
        (numbers.share(at.ratio), at.random.difference)
        for found in report.detectable
        if found.panel in main
        for at in found.by_ratio
        if at.random.is_told
    ]
    if not known:
        return
    if len(main) == 1 and len(known) <= NAMED:
        sizes = joined((f"{numbers.quality(size)} at {share}" for share, size in known), "or")
        between = sizes.replace(" at", " mAP at", 1)
    else:
        least, most = (numbers.quality(choose(size for _, size in known)) for choose in (min, max))
        on = "budget" if len(main) == 1 else "setting and budget"
        between = f"{least} mAP" if least == most else f"{least} to {most} mAP, depending on {on},"
    yield f"A lead of less than {between} may go unnoticed in this run."


def _highest(report: Report, tried: Sequence[Tried]) -> Iterator[str]:
    """The highest mean at each budget, or at the first and the last of many, beside the unpruned model."""
    budgets: dict[str, list[Tried]] = {}
    for t in tried:
        budgets.setdefault(t.budget, []).append(t)
    shown = [_best_of(own) for own in budgets.values()]
    if len(shown) > NAMED:
        shown = [shown[0], shown[-1]]
    whose = {tuple(t.label for t in best) for best in shown}
    everyone = all(len(best) == len(budgets[best[0].budget]) > 1 for best in shown)
    one = len(whose) == 1 or everyone
    means = joined(
        f"{numbers.quality(best[0].map)} {said_budgets(best[:1])}{'' if one else f' ({_names(best)})'}"
        for best in shown
    )
    home = plainest(tried[0].setting)
    unpruned = [
        p.mean_map
        for p in report.findings.main_points
        if p.control == "unpruned" and plainest(p.panel) == home
    ]
    tuned = [
        p.mean_map
        for p in report.findings.main_points
        if p.control == "unpruned-fine-tuned" and not p.own_rate and plainest(p.panel) == home
    ]
    beside = f"; the unpruned model has {numbers.quality(unpruned[0])}" if unpruned else ""
    beside += f", and {numbers.quality(tuned[0])} fine-tuned in the same way" if unpruned and tuned else ""
    if everyone:
        head = "All have the same mean test mAP:"
    elif one:
        head = f"{_names(shown[0])} {'has' if len(shown[0]) == 1 else 'have'} the highest mean test mAP:"
    else:
        head = "The highest mean test mAP is"
    yield f"{head} {means}{beside}."


def _best_of(tried: Sequence[Tried]) -> list[Tried]:
    """Those of one budget whose mean is the highest, in the digits that are shown."""
    highest = numbers.quality(max(t.map for t in tried))
    return [t for t in tried if numbers.quality(t.map) == highest]


def _names(best: Sequence[Tried]) -> str:
    return joined([t.label for t in best]) if len(best) <= NAMED else f"{len(best)} with equal means"


def _networks(report: Report) -> Iterator[str]:
    """Each pair of networks at the first equal cost at which they have something in common."""
    found: dict[tuple[str, str], NetworkPair] = {}
    for pairs in report.findings.networks.values():
        for pair in pairs:
            if pair.means:
                found.setdefault(pair.names, pair)
    costs = {pair.quantity.short for pair in found.values()}
    if len(found) > NAMED or len(costs) != 1:
        return
    told = [(pair, _higher(pair)) for pair in found.values()]
    parts = [text for _, text in told if text]
    if not parts:
        alike = " and ".join(told[0][0].names) if len(told) == 1 else "networks"
        parts = [f"{alike} are not distinguishable"]
    elif len(parts) < len(told):
        parts.append("the other networks are not distinguishable")
    yield f"At equal {costs.pop()}, {'; '.join(parts)}."


def _higher(pair: NetworkPair) -> str:
    """`a looks better than b at 4 of 6 costs and worse at 1 (…)`; nothing if they are not distinguishable."""
    first, second = pair.names
    differences = [at.difference for at in pair.means]
    costs = f"{len(differences)} cost{'s' * (len(differences) != 1)}"
    if any(d.may_be_none is None for d in differences):
        above, below = (sum(d.mean * sign > 0 for d in differences) for sign in (1, -1))
        if below > above:
            first, second, above = second, first, below
        return f"{first} has a higher mean than {second} at {above} of {costs} (not tested)"
    above, below = (
        sum(d.may_be_none is False and d.mean * sign > 0 for d in differences) for sign in (1, -1)
    )
    if not above:
        first, second, above, below = second, first, below, above
    if not above:
        return ""
    worse = f" and worse at {below}" if below else ""
    how = " (not corrected for the number of costs)" if len(differences) > 1 else ""
    return f"{first} looks better than {second} at {above} of {costs}{worse}{how}"
