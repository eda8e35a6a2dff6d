"""Agreement of criteria in a run: the share of the filters they remove that they have in common."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prunebench.eval.quality.clip_variance import Floats
from prunebench.eval.run.contents import RemovedFilters, removed_filters
from prunebench.eval.run.layout import RunFiles
from prunebench.reports.points.frontier import best_first
from prunebench.reports.points.panel import ONE_SHOT, Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.loaded_run import Held, outcome_of


@dataclass(frozen=True)
class Overlap:
    r"""Criteria against criteria at one ratio of a panel.

    .. math:: \frac{2 |A \cap B|}{|A| + |B|}

    over the filters of all layers, the mean over base models, draws and, under schedules that score again while a model
    trains, seeds of the fine-tuning. On the diagonal stands what different draws of one criterion have in common, nan
    where it draws nothing. Equal ratios in all layers give the ratio by chance.

    Args:
        panel: where it holds.
        ratio: share of each layer's filters removed.
        labels: of the criteria, best first, random last.
        values: in [0, 1], (criteria, criteria), nan where no base model has both.
        bases: base models that went in.
    """

    panel: Panel
    ratio: float
    labels: tuple[str, ...]
    values: Floats
    bases: int


def read_removed(runs: Sequence[Path], outcomes: Collection[Held]) -> dict[Held, RemovedFilters]:
    """The filters that each outcome lost in its run, by layer; those that the run did not keep are left out.

    Raises:
        InputError: naming file and line, for a line that cannot be read.
    """
    return {
        (run, outcome): removed
        for run in runs
        for outcome, removed in removed_filters(
            RunFiles(run), {outcome for folder, outcome in outcomes if folder == run}
        ).items()
    }


def overlaps_of(points: Sequence[Point], panel: Panel, runs: Sequence[Path]) -> list[Overlap]:
    """The overlap at each ratio of a panel that two criteria or more have, by rising ratio."""
    own = [p for p in points if p.panel == panel and p.control is None and not p.own_budget]
    removed = read_removed(runs, {outcome_of(r) for p in own for r in p.records})
    order = [*best_first(own), *dict.fromkeys(p.label for p in own if p.is_random)]
    found = [
        _overlap(
            panel,
            place[0],
            sorted((p for p in own if p.place == place), key=lambda p: order.index(p.label)),
            removed,
        )
        for place in sorted({p.place for p in own})
    ]
    return [overlap for overlap in found if len(overlap.labels) > 1 and overlap.bases]


def _overlap(
    panel: Panel, ratio: float, points: Sequence[Point], removed: Mapping[Held, RemovedFilters]
) -> Overlap:
    count = len(points)
    total, times = np.zeros((count, count)), np.zeros((count, count))
    bases = list(dict.fromkeys(base for p in points for base in p.by_base()))
    for base in bases:
        draws = {
            (i, r.prune_seed, r.finetune_seed if panel.schedule != ONE_SHOT else None): removed[outcome_of(r)]
            for i, p in enumerate(points)
            for r in p.by_base().get(base, ())
            if outcome_of(r) in removed
        }
        if draws:
            owners = np.array([i for i, *_ in draws])
            shares = _shares(list(draws.values()))
            drawn = [(i, seed) for i, seed, _ in draws]
            shares[np.array([[one == other for other in drawn] for one in drawn])] = math.nan
            for i in range(count):
                for j in range(count):
                    part = shares[np.ix_(owners == i, owners == j)]
                    if np.isfinite(part).any():
                        total[i, j] += np.nanmean(part)
                        times[i, j] += 1
    values = np.divide(total, times, out=np.full_like(total, math.nan), where=times > 0)
    return Overlap(panel, ratio, tuple(p.label for p in points), values, int(times.max(initial=0)))


def _shares(sets: Sequence[RemovedFilters]) -> Floats:
    """Pairwise, (sets, sets); nan where both are empty."""
    layers = sorted({layer for removed in sets for layer in removed})
    sizes = [1 + max(max(removed.get(layer, (0,)), default=0) for removed in sets) for layer in layers]
    starts = dict(zip(layers, np.cumsum([0, *sizes]), strict=False))
    held = np.zeros((len(sets), sum(sizes)))
    for row, removed in zip(held, sets, strict=True):
        for layer, filters in removed.items():
            row[starts[layer] + np.asarray(filters, dtype=np.intp)] = 1.0
    each = held.sum(axis=1)
    both = each[:, None] + each[None, :]
    shares: Floats = np.divide(2 * held @ held.T, both, out=np.full_like(both, math.nan), where=both > 0)
    return shares


def overlap_rows(overlaps: Sequence[Overlap]) -> list[list[object]]:
    """`ratio, a, b, overlap, bases`, a row for each pair, and for draws of one criterion."""
    return [
        [o.ratio, a, b, float(o.values[i, j]), o.bases]
        for o in overlaps
        for i, a in enumerate(o.labels)
        for j, b in enumerate(o.labels)
        if j >= i and math.isfinite(o.values[i, j])
    ]
