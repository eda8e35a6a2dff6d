"""Sensitivity: what each layer alone loses and saves, as data and as small multiples.

Its cells have one layer for a scope and are not fine-tuned; the preset `sensitivity` makes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prunebench.eval.run.record import Record
from prunebench.reports.figures.canvas import COLUMN, paper_style
from prunebench.reports.figures.palette import INK, look_of, order
from prunebench.reports.runs.loaded_run import stage_map
from prunebench.reports.tables.data_table import DataTable

COLUMNS = 4
PANEL = 1.35  # inches: the height of a panel


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


def sensitivity_table(entries: Sequence[Sensitivity]) -> DataTable:
    """A row an entry."""
    names = tuple(field.name for field in fields(Sensitivity))
    return DataTable("sensitivity", names, [astuple(entry) for entry in entries])


def draw_sensitivity(entries: Sequence[Sensitivity], data: str) -> Figure:
    """A panel per layer of one data set: mAP, MACs and parameters over the ratio, relative to the unpruned model.

    Solid lines are mAP as pruned, or recalibrated where the cells were; then thin dotted lines are as pruned.
    """
    chosen = [entry for entry in entries if entry.data == data]
    layers = list(dict.fromkeys(entry.layer for entry in chosen))
    criteria = sorted({entry.criterion for entry in chosen}, key=order)
    columns = min(COLUMNS, len(layers))
    rows = math.ceil(len(layers) / columns)
    with paper_style():
        figure = Figure((2 * COLUMN * columns / COLUMNS, PANEL * rows + 0.75), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for axes, layer in zip(grid.flat, layers, strict=False):
            _draw_layer(axes, [entry for entry in chosen if entry.layer == layer], criteria)
            axes.set_title(layer, pad=2)
        for axes in list(grid.flat)[len(layers) :]:
            axes.set_visible(False)
        for axes in list(grid.flat)[max(0, len(layers) - columns) : len(layers)]:
            axes.tick_params(labelbottom=True)  # the lowest of its column
        figure.supxlabel("ratio of the layer's filters removed", size="medium")
        figure.supylabel("relative to unpruned", size="medium")
        handles, labels = grid.flat[0].get_legend_handles_labels()
        if any(math.isfinite(entry.map_recalibrated) for entry in chosen):
            handles.append(Line2D([], [], color=INK, linewidth=0.7, linestyle=":"))
            labels.append("mAP before recalibration")
        figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _draw_layer(axes: Axes, entries: Sequence[Sensitivity], criteria: Sequence[str]) -> None:
    recalibrated = any(math.isfinite(entry.map_recalibrated) for entry in entries)
    for criterion in criteria:
        line = [entry for entry in entries if entry.criterion == criterion]
        look = look_of(criterion)
        ratios = [0.0, *(entry.ratio for entry in line)]
        pruned = [1.0, *(entry.map_pruned / entry.map_base for entry in line)]
        last = [1.0, *(entry.map_recalibrated / entry.map_base for entry in line)] if recalibrated else pruned
        name = f"mAP, {criterion}"
        axes.plot(
            ratios, last, color=look.colour, marker=look.marker, markersize=2.5, linewidth=0.9, label=name
        )
        if recalibrated:
            axes.plot(ratios, pruned, color=look.colour, linewidth=0.7, linestyle=":")
    costs = sorted({(e.ratio, e.macs_backbone_relative, e.parameters_relative) for e in entries})
    ratios = [0.0, *(ratio for ratio, _, _ in costs)]
    axes.plot(
        ratios, [1.0, *(macs for _, macs, _ in costs)], color=INK, linewidth=0.8, label="MACs, backbone"
    )
    axes.plot(
        ratios,
        [1.0, *(parameters for _, _, parameters in costs)],
        color=INK,
        linewidth=0.8,
        linestyle="--",
        label="parameters",
    )
    axes.set_ylim(bottom=0)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
