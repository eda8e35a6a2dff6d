"""Methods in words: what each was asked for, and whose budget was larger."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from prunebench.eval.run.record import OWN
from prunebench.reports.content import numbers
from prunebench.reports.points.asked import Asked
from prunebench.reports.statistics.methods import MethodRow

COSTS = {
    "macs_backbone": "MACs",
    "macs_with_frontend": "MACs with front end",
}
ALIKE = 0.005  # MACs that differ by less than this share are equal to the two places that are printed


def said_asked(asked: Asked) -> str:
    """`50 %` of the filters removed, `0.5 of MACs` kept, `own size`, limits as they are, nothing for no pruning."""
    if asked.kind == OWN:
        return "own size"
    if asked.kind in ("", "ratio"):
        return numbers.share(asked.amount) if asked.kind else ""
    if not asked.amount:
        return asked.kind
    return f"{asked.amount:g} of {COSTS.get(asked.kind, asked.kind.replace('_', ' '))}"


def said_methods(rows: Sequence[MethodRow]) -> tuple[str, ...]:
    """Whose budget was larger and by how much, or that all had the same; of the rows of one setting."""
    trained = [row for row in rows if row.criteria or row.budget.steps]
    if not any(row.criteria for row in trained):
        return ()
    said = [*_steps(trained), *_macs(rows), *_without_reference(rows)]
    return tuple(map(numbers.unbroken, said))


def _steps(rows: Sequence[MethodRow]) -> Iterator[str]:
    """What was asked of each method: steps of training and a search."""
    if any(math.isnan(row.budget.steps) for row in rows):
        yield "The run folder does not record how many steps fine-tuning took, so budgets are not compared."
        return
    searched = [row for row in rows if row.budget.search_macs or row.budget.search_seconds]
    before = {row.budget.steps_before for row in rows}
    steps = {row.budget.steps for row in rows}
    if len(before) == len(steps) == 1 and not searched:
        parts = [f"{before.pop():,.0f} steps of training before scoring"] if before != {0} else []
        parts += [f"{steps.pop():,.0f} steps of fine-tuning"] if steps != {0} else []
        had = " and ".join(parts)
        yield (
            f"All methods had the same budget of training: {had}."
            if had
            else "No method was trained after pruning."
        )
        return
    parts = [
        _range(rows, lambda row: row.budget.steps_before, "steps of training before scoring"),
        _range(rows, lambda row: row.budget.steps, "steps of fine-tuning"),
    ]
    parts += [_search(searched)] if searched else []
    what = "training and search" if searched else "training"
    yield f"Budgets of {what} differ: {'; '.join(part for part in parts if part)}."


def _range(rows: Sequence[MethodRow], of: Callable[[MethodRow], float], what: str) -> str:
    """`60 steps of fine-tuning for all`, `320 (l1) to 460 (obd at 50 %) steps of fine-tuning`; nothing for 0."""
    least, most = min(rows, key=of), max(rows, key=of)
    if of(least) == of(most):
        return f"{of(most):,.0f} {what} for all" if of(most) else ""
    return f"{of(least):,.0f} ({_where(least)}) to {of(most):,.0f} ({_where(most)}) {what}"


def _search(rows: Sequence[MethodRow]) -> str:
    """`a search that took 1.2 T to 3.1 T MACs and 12 to 20 s for 6 methods with searched[candidates=50]`."""
    methods, allocations = ({getattr(row, name) for row in rows} for name in ("method", "allocation"))
    macs = _ends([numbers.count(row.budget.search_macs) for row in sorted(rows, key=_searched)])
    seconds = _ends([f"{s:.3g}" for s in sorted(row.budget.search_seconds for row in rows)])
    whose = f"{len(methods)} method{'s' * (len(methods) != 1)} with {' and '.join(sorted(allocations))}"
    return f"a search that took {macs} MACs and {seconds} s for {whose}"


def _searched(row: MethodRow) -> float:
    return row.budget.search_macs


def _ends(texts: Sequence[str]) -> str:
    return texts[0] if texts[0] == texts[-1] else f"{texts[0]} to {texts[-1]}"


def _macs(rows: Sequence[MethodRow]) -> Iterator[str]:
    """Who spent the most and the least in all, relative to the reference at the same budget point."""
    known = [row for row in rows if row.criteria and math.isfinite(row.relative_budget)]
    if not known:
        return
    most, least = (choose(known, key=lambda row: row.relative_budget) for choose in (max, min))
    parts = [
        f"{row.method} at {said_asked(row.asked)} had the {word}, {row.relative_budget:.2f} times those of `random`"
        for row, word in ((most, "most"), (least, "fewest"))
        if abs(row.relative_budget - 1) >= ALIKE
    ]
    told = " and ".join(dict.fromkeys(parts)) or "all methods had as many as `random`"
    larger = dict.fromkeys(row.schedule for row in rows if row.criteria and row.budget.at_least)
    rest = f"; those of the larger backbones in earlier rounds of {' and '.join(larger)} are not counted"
    yield f"MACs of training and search, at the same budget point: {told}{rest if larger else ''}."


def _without_reference(rows: Sequence[MethodRow]) -> Iterator[str]:
    """Budget points at which there is nothing to hold methods against."""
    held = {row.asked for row in rows if row.is_reference}
    asked = dict.fromkeys(row.asked for row in rows if row.criteria and row.asked.kind != OWN)
    bare = [said_asked(point) for point in asked if point not in held]
    if bare:
        yield (
            f"No differences at {', '.join(bare)}: there is no `random` with the allocation `uniform` and the schedule "
            "`one-shot` at the same budget."
        )


def _where(row: MethodRow) -> str:
    return f"{row.method} at {said_asked(row.asked)}" if row.criteria else row.label
