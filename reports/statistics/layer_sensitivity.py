"""Sensitivity: what each layer alone loses and saves, as data and as small multiples.

Its cells have one layer for a scope and are not fine-tuned; the preset `sensitivity` makes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from prunebench.eval.run.record import Record
from prunebench.reports.points.order import order
from prunebench.reports.runs.loaded_run import stage_map

COLUMNS = 4


@dataclass(frozen=True)
class Sensitivity:
    """One criterion on one layer at one ratio, the mean over its cells.

    Args:
        data: label of the data set.
        layer: `"C1"` … `"C12"`.
        criterion: label of the pruner.
        ratio: share of the layer's filters asked for.
        cells: how many were averaged.
        map_base, map_pruned, map_recalibrated: test mAP, nan where there was no such stage.
        macs_backbone_relative, macs_with_frontend_relative, parameters_relative: to the unpruned model.
    """

    data: str
    layer: str
    criterion: str
    ratio: float
    cells: int
    map_base: float
    map_pruned: float
    map_recalibrated: float
    macs_backbone_relative: float
    macs_with_frontend_relative: float
    parameters_relative: float


def is_sensitivity(record: Record) -> bool:
    """Whether a cell pruned one layer and stopped there."""
    single = record.scope.startswith("C") and not set("-,") & set(record.scope)
    return single and record.finetune_scope == "none" and record.criterion is not None


def sensitivity_of(records: Iterable[Record]) -> list[Sensitivity]:
    """One entry per data set, layer, criterion and ratio, in that order."""
    every = list(records)
    whole = {(r.data, r.base): r for r in every if r.control == "unpruned"}
    groups: dict[tuple[str, int, str, float], list[Record]] = {}
    for record in filter(is_sensitivity, every):
        if (record.data, record.base) in whole and record.control is None:
            key = (record.data, int(record.scope[1:]), str(record.criterion), record.ratio)
            groups.setdefault(key, []).append(record)
    found = []
    for (data, number, criterion, ratio), cells in groups.items():
        shares = [
            fmean(r.measures[name] / whole[r.data, r.base].measures[name] for r in cells)
            for name in ("macs_backbone", "macs_with_frontend", "parameters")
        ]
        maps = [fmean(stage_map(r, stage) for r in cells) for stage in ("base", "pruned", "recalibrated")]
        found.append(Sensitivity(data, f"C{number}", criterion, ratio, len(cells), *maps, *shares))
    return sorted(found, key=lambda s: (s.data, int(s.layer[1:]), order(s.criterion), s.ratio))
