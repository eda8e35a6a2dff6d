"""A value that a report compares: test mAP of a criterion on one base model, made of the cells behind it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TypeAlias

from prunebench.eval.run.record import Record
from prunebench.reports.runs.loaded_run import final_map

BaseKey: TypeAlias = Hashable
ValuePart: TypeAlias = tuple[float, tuple[Record, ...]]


@dataclass(frozen=True)
class Value:
    """A weighted mean of cells, or what is as good as one near the cells that were measured.

    Args:
        mean: test mAP.
        parts: weight and the cells whose mean it weighs: one part of weight 1 where it was measured, one for each
            point of a curve where it was read off between points.
        gap: how far the nearest measured point is, in cost relative to the unpruned model; 0 where it was measured.
    """

    mean: float
    parts: tuple[ValuePart, ...]
    gap: float = 0.0

    def repeats(self, seed: Callable[[Record], Hashable]) -> dict[Hashable, Value]:
        """The value for each seed, where all parts have it; its mean is taken from the weights."""
        shared = set.intersection(*({seed(r) for r in cells} for _, cells in self.parts))
        found = {}
        for key in sorted(shared, key=str):
            parts = tuple((w, tuple(r for r in cells if seed(r) == key)) for w, cells in self.parts)
            found[key] = Value(sum(w * fmean(map(final_map, cells)) for w, cells in parts), parts, self.gap)
        return found


def measured(records: Sequence[Record]) -> Value:
    """The mean of cells of one base model: draws and fine-tuning seeds are averaged."""
    return Value(fmean(map(final_map, records)), ((1.0, tuple(records)),))


def mean_of(values: Sequence[Value]) -> Value:
    """The mean of several values of one criterion on one base model, over budgets."""
    if len(values) == 1:
        return values[0]
    parts = tuple((w / len(values), cells) for value in values for w, cells in value.parts)
    return Value(fmean(value.mean for value in values), parts, max(value.gap for value in values))


def draw_of(record: Record) -> Hashable:
    """Which draw of filters a cell has."""
    return record.prune_seed


def tuning_of(record: Record) -> Hashable:
    """Which seed of the fine-tuning a cell has."""
    return record.finetune_seed
