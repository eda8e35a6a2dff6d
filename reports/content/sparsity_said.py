"""Sentences on how base models were trained further before they were scored, and which of them that killed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from prunebench.eval.run.record import PLAIN, Record
from prunebench.eval.run.sparsity import BEFORE, NONE, is_killed, said_killed
from prunebench.reports.content import numbers
from prunebench.reports.points.panel import DataAndNetwork, base_of, subject_of
from prunebench.reports.runs.loaded_run import Run

# Method → base model → validation mAP after it; `none`: before.
Maps = Mapping[str, Mapping[tuple[str, int], float]]


def said_sparsity(runs: Sequence[Run]) -> tuple[str, ...]:
    """Sentences above the first figure, killed base models first; none if no run has such a training."""
    found: list[tuple[str, str]] = []
    for run in runs:
        subjects: dict[DataAndNetwork, list[Record]] = {}
        for record in run.records:
            if record.status == "done" and record.sparsify != NONE:
                subjects.setdefault(subject_of(record), []).append(record)
        for (data, network), records in subjects.items():
            where = [run.name] if len(runs) > 1 else []
            where += [data, network] if len(subjects) > 1 else []
            found += [(" · ".join(where), sentence) for sentence in _of_subject(records)]
    told = dict.fromkeys(f"{where}: {sentence}" if where else sentence for where, sentence in found)
    return tuple(map(numbers.unbroken, told))


def _of_subject(records: Sequence[Record]) -> Iterator[str]:
    maps: dict[str, dict[tuple[str, int], float]] = {}
    for record in records:
        figures = record.stages.get("base", {})
        for label, name in ((record.sparsify, "validation_map"), (NONE, BEFORE)):
            if name in figures:
                maps.setdefault(label, {})[base_of(record)] = figures[name]
    steps = max(record.sparsify_steps for record in records)
    macs = numbers.count(max(record.sparsify_macs for record in records))
    yield from _killed(maps, steps)
    means = {label: numbers.quality(fmean(found.values())) for label, found in maps.items()}
    before = f"{means.pop(NONE)} before, " if NONE in means else ""
    ordered = sorted(means, key=lambda label: (label != PLAIN, label))
    told = ", ".join(f"{means[label]} after `{label}`" for label in ordered)
    yield (
        f"Each base model was trained for {steps:,} more step{'s' * (steps != 1)} ({macs} MACs) before it was scored, "
        f"the same number for all criteria and controls. Mean validation mAP: {before}{told}."
    )


def _killed(maps: Maps, steps: int) -> Iterator[str]:
    """A sentence on each method that killed base models, as far as the models to compare with are there."""
    for label, own in sorted(maps.items(), key=lambda item: (item[0] != PLAIN, item[0])):
        others = maps.get(NONE if label == PLAIN else PLAIN, {})
        both = [base for base in own if base in others and label != NONE]
        dead = [base for base in both if is_killed(own[base], others[base])]
        if dead:
            after, held = ([values[base] for base in dead] for values in (own, others))
            yield said_killed(label, after, held, steps, len(both))
