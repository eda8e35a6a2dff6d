"""What is not converged in the runs reported, in words: base models, and cells whose training its bound ended.

A base model is converged when its training ended because validation mAP had not risen for the stated patience, and
when fine-tuning it unpruned at its own best rate gains less on validation clips than the smallest detectable
difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from prunebench.eval.run.record import CONVERGED, Record
from prunebench.eval.run.record_terms import FROM_SCRATCH
from prunebench.reports.content import numbers
from prunebench.reports.points.panel import Panel, base_of
from prunebench.reports.points.point import Point
from prunebench.reports.runs.loaded_run import Held, Run, outcome_of, setting
from prunebench.reports.statistics.detectable import Detectable

NOT_CONVERGED = "not converged"  # in the sentence on base models that fine-tuning improves


def said_convergence(
    runs: Sequence[Run], points: Sequence[Point], detectable: Sequence[Detectable]
) -> tuple[str, ...]:
    """Sentences that stand above the first figure; none where everything is converged."""
    by_sentence: dict[str, list[str]] = {}
    for run in runs:
        for sentence in (*_trained(run), *_cut(run)):
            by_sentence.setdefault(sentence, []).append(run.name)
    told = [
        sentence if len(names) == len(runs) else f"{' and '.join(dict.fromkeys(names))}: {sentence}"
        for sentence, names in by_sentence.items()
    ]
    return tuple(map(numbers.unbroken, (*told, *_gains(points, detectable))))


def _trained(run: Run) -> Iterator[str]:
    """How long base models and cells were trained, where that was a number of steps."""
    tuned = "" if run.steps is None else _steps(run.steps)
    base = (
        None
        if _has_converging_bases(run) or not _trains_bases(run.config)
        else setting(run.config, "base", "steps")
    )
    if isinstance(base, int):
        so = "longer training may change what pruning costs them"
        if tuned:
            so = f"the figures show recovery after {tuned} of fine-tuning"
        if run.until_converged:
            so = "fine-tuning also continues their training, which is part of its gain"
        yield f"The base models were trained for {_steps(base)}, not to convergence: {so}."
    elif tuned and not run.until_converged:
        yield f"Cells were fine-tuned for {tuned}, not to convergence: the figures show recovery after {tuned}."


def _has_converging_bases(run: Run) -> bool:
    """Whether base models were trained until they converged, here or by whoever made them."""
    return bool(_ends_of_bases(run.records)) or isinstance(setting(run.config, "base", "converge"), Mapping)


def _trains_bases(config: Mapping[str, Any]) -> bool:
    """Whether a base model is trained by the run; a checkpoint is not."""
    tables = config.get("model", {})
    return not all(
        setting(table, "checkpoint") for table in (tables if isinstance(tables, list) else [tables])
    )


def _cut(run: Run) -> Iterator[str]:
    """Trainings to convergence that their upper bound ended."""
    done = [r for r in run.records if r.status == "done"]
    scratch = [r.stages[CONVERGED] for r in done if CONVERGED in r.stages and r.control in FROM_SCRATCH]
    yield from _cut_in_training(run, list(_ends_of_bases(done).values()), "base model", "base models")
    yield from _cut_in_fine_tuning(run, done)
    yield from _cut_in_training(run, scratch, "model from scratch", "models from scratch")


def _cut_in_training(run: Run, ends: Sequence[Mapping[str, float]], one: str, many: str) -> Iterator[str]:
    cut = [end for end in ends if _at_its_bound(end)]
    if cut:
        whose = f"the {one}" if len(ends) == 1 else f"{len(cut)} of {len(ends)} {many}"
        they = "it" if len(ends) == 1 else "they"
        yield f"The upper bound{_bound(run.config, 'base')} ended the training of {whose} before {they} converged."


def _cut_in_fine_tuning(run: Run, done: Sequence[Record]) -> Iterator[str]:
    """In all, then at each ratio: a bound mostly ends trainings of models that lost most."""
    tuned = {r.outcome: r for r in done if CONVERGED in r.stages and r.control not in FROM_SCRATCH}.values()
    ratios = [r.ratio for r in tuned if _at_its_bound(r.stages[CONVERGED])]
    if not ratios:
        return
    bound = f"The upper bound{_bound(run.config, 'finetune')} ended the fine-tuning of"
    if len(tuned) == 1:
        yield f"{bound} the model before it converged."
        return
    each = [
        f"{ratios.count(ratio)} of {sum(r.ratio == ratio for r in tuned)} {_removed(ratio)}"
        for ratio in sorted(set(ratios), key=lambda ratio: -(ratio or 0))
    ]
    at = "" if len({r.ratio for r in tuned}) == 1 else f": {', '.join(each)}"
    yield f"{bound} {len(ratios)} of {len(tuned)} models before they converged{at}."


def _removed(ratio: float | None) -> str:
    return f"with {numbers.share(ratio)} removed" if ratio else "of the unpruned models"


def _at_its_bound(end: Mapping[str, float]) -> bool:
    return end.get("bound_reached", 0) > 0


def _bound(config: Mapping[str, Any], table: str) -> str:
    """The upper bound that a configuration names; of rounds the last alone has it, so records do not say it."""
    section = setting(config, table, "converge")
    most = section.get("most_steps") if isinstance(section, Mapping) else None
    return "" if most is None else f" of {_steps(most)}"


def _ends_of_bases(records: Iterable[Record]) -> dict[tuple[object, ...], Mapping[str, float]]:
    """How the training of each base model ended, of those that were trained until they converged."""
    return {
        (r.data, r.network, *base_of(r)): r.stages["base"]
        for r in records
        if "bound_reached" in r.stages.get("base", {})
    }


def _gains(points: Sequence[Point], detectable: Sequence[Detectable]) -> Iterator[str]:
    """Base models that fine-tuning improves unpruned, each control held against the smallest figure of its panels."""
    found: dict[frozenset[Held], tuple[Panel, Sequence[Record], list[float]]] = {}
    for figure in detectable:
        records = [] if figure.panel.short else _unpruned_at_its_rate(points, figure.panel)
        if records:
            key = frozenset(map(outcome_of, records))
            held = found.setdefault(key, (figure.panel, records, []))
            held[2].extend(_sizes(figure))
    for panel, records, sizes in found.values():
        gain = _gain(records)
        bases = len({base_of(r) for r in records})
        who, end = ("base model", "it has") if bases == 1 else ("base models", "they have")
        where = f"{panel.title}: " if len(found) > 1 else ""
        told = (
            f"fine-tuning without pruning raises the validation mAP of the {who} by {numbers.quality(gain)}"
        )
        told += " on average" * (bases > 1)
        if sizes and gain > min(sizes):
            least = numbers.quality(min(sizes))
            text = f"{told}, more than {least}, the smallest of the differences that the run can detect"
            yield f"{where}{text[0].upper()}{text[1:]}: {end} {NOT_CONVERGED}."
        elif not sizes and gain > 0 and all(_by_patience(r) for r in records):
            yield (
                f"{where}The report cannot tell whether the {who} converged: {told}, and the run has no smallest "
                "detectable difference to compare this with."
            )


def _by_patience(record: Record) -> bool:
    """Whether the base model's training ended by patience; of one that its bound ended it is known already."""
    return record.stages.get("base", {}).get("bound_reached") == 0


def _sizes(figure: Detectable) -> list[float]:
    """The smallest detectable differences of a panel: between two criteria, else between one and random."""
    criteria = [at.criteria.difference for at in figure.by_ratio if at.criteria.is_told]
    return criteria or [at.random.difference for at in figure.by_ratio if at.random.is_told]


def _unpruned_at_its_rate(points: Sequence[Point], panel: Panel) -> tuple[Record, ...]:
    """Cells of the unpruned model fine-tuned at its own best rate; at that of all cells where it is the same."""
    tuned = [p for p in points if p.panel == panel and p.control == "unpruned-fine-tuned"]
    return max(tuned, key=lambda p: p.own_rate).records if tuned else ()


def _gain(records: Sequence[Record]) -> float:
    """Of validation mAP by fine-tuning: mean over base models of the mean over their cells; nan where one lacks it."""
    by_base: dict[tuple[str, int], list[float]] = {}
    for record in records:
        before, after = (
            record.stages.get(stage, {}).get("validation_map", math.nan)
            for stage in ("base", record.last_stage)
        )
        by_base.setdefault(base_of(record), []).append(after - before)
    return fmean(map(fmean, by_base.values()))


def _steps(number: float) -> str:
    return f"{number:,.0f} step{'s' * (number != 1)}"
