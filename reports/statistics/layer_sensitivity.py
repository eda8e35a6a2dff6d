"""Sensitivity: what each group of filters alone loses and saves, as data and as small multiples.

Its cells have one group for a scope, in a Cnn14 a layer, and are not fine-tuned; the preset `sensitivity` makes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import fmean

from prunebench.eval.run.record import Record
from prunebench.eval.run.sparsity import is_penalised, series_of
from prunebench.reports.points.order import order
from prunebench.reports.runs.loaded_run import stage_map

COSTS = ("macs_backbone", "macs_with_frontend", "parameters")


@dataclass(frozen=True)
class Sensitivity:
    """One criterion on one group of filters at one ratio, the mean over its cells.

    Args:
        data: label of the data set.
        network: label of the network.
        layer: name of the group, `"C1"` … `"C12"` in a Cnn14.
        criterion: label of the pruner.
        ratio: share of the group's filters asked for.
        cells: how many were averaged.
        map_base, map_pruned, map_recalibrated: test mAP, nan where there was no such stage.
        macs_backbone_relative, macs_with_frontend_relative, parameters_relative: to the unpruned model.
        run: name of the run where runs that are reported together hold different cells in the same place.
    """

    data: str
    network: str
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
    run: str = field(default="", kw_only=True)


def is_sensitivity(record: Record) -> bool:
    """Whether a cell pruned one group and stopped there."""
    single = record.scope in record.groups
    return single and record.finetune_scope == "none" and record.criterion is not None


def sensitivity_of(records: Iterable[Record], run: str = "") -> list[Sensitivity]:
    """One entry per data set, network, group, criterion and ratio, in that order.

    Args:
        records: finished cells, each once.
        run: as the entries name it.
    """
    every = list(records)
    whole = {(r.data, r.base): r for r in every if r.control == "unpruned" and not is_penalised(r)}
    cells_of: dict[tuple[str, str, int, str, float], list[Record]] = {}
    for record in filter(is_sensitivity, every):
        if (record.data, record.base) in whole and record.control is None:
            place = record.groups.index(record.scope)
            key = (record.data, record.network, place, str(series_of(record)), record.ratio)
            cells_of.setdefault(key, []).append(record)
    ordered = sorted(cells_of.items(), key=lambda item: (*item[0][:3], order(item[0][3]), item[0][4]))
    found = []
    for (data, network, _, criterion, ratio), cells in ordered:
        shares = [fmean(_share(r, whole[r.data, r.base], name) for r in cells) for name in COSTS]
        maps = [fmean(stage_map(r, stage) for r in cells) for stage in ("base", "pruned", "recalibrated")]
        own = Sensitivity(
            data, network, cells[0].scope, criterion, ratio, len(cells), *maps, *shares, run=run
        )
        found.append(own)
    return found


def _share(record: Record, whole: Record, cost: str) -> float:
    """A cost relative to that of the unpruned model, nan where either lacks it."""
    return record.measures.get(cost, math.nan) / whole.measures.get(cost, math.nan)
