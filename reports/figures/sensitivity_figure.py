"""The figure of the sensitivity of every group of filters, in a Cnn14 every layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prunebench.eval.run.record import CNN14
from prunebench.reports.content.criteria_order import in_criteria_order
from prunebench.reports.figures.style.canvas import COLUMN, note_above, paper_style
from prunebench.reports.figures.style.palette import INK, look_of
from prunebench.reports.points.groups import short_names
from prunebench.reports.points.order import order as by_palette
from prunebench.reports.statistics.layer_sensitivity import Sensitivity

PANEL, SMALL = 1.35, 1.05  # inches: the height of a panel, and of each of many
COLUMNS, MANY = 4, 6  # panels in a row, and of more than twelve


def draw_sensitivity(
    entries: Sequence[Sensitivity],
    data: str,
    network: str,
    run: str = "",
    *,
    standing: str = "",
    order: Sequence[str] = (),
) -> Figure:
    """A panel per group of one network: mAP, MACs and parameters over the ratio, relative to the unpruned model.

    Solid lines are mAP as pruned, or recalibrated where the cells were; then thin dotted lines are as pruned.

    Args:
        entries: of every network and data set.
        data: label of the data set.
        network: label of the network.
        run: its name where entries are of several.
        standing: what the run does not claim.
        order: criteria as the legend lists them, those that it lacks in the order of the palette.
    """
    chosen = [e for e in entries if (e.data, e.network, e.run) == (data, network, run)]
    layers = list(dict.fromkeys(entry.layer for entry in chosen))
    listed = sorted({entry.criterion for entry in chosen}, key=by_palette)
    criteria = in_criteria_order(listed, (*order, *listed))
    most = COLUMNS if len(layers) <= 3 * COLUMNS else MANY
    columns = min(most, len(layers))
    rows = math.ceil(len(layers) / columns)
    with paper_style():
        height = (PANEL if most == COLUMNS else SMALL) * rows + 0.75
        figure = Figure((2 * COLUMN * columns / most, height), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for axes, layer, title in zip(grid.flat, layers, short_names(layers), strict=False):
            _draw_layer(axes, [entry for entry in chosen if entry.layer == layer], criteria)
            axes.set_title(title, pad=2)
        for axes in list(grid.flat)[len(layers) :]:
            axes.set_visible(False)
        for axes in list(grid.flat)[max(0, len(layers) - columns) : len(layers)]:
            axes.tick_params(labelbottom=True)  # the lowest of its column
        word = "layer" if network == CNN14 else "group"
        figure.supxlabel(f"ratio of the {word}'s filters removed", size="medium")
        figure.supylabel("relative to unpruned", size="medium")
        handles, labels = grid.flat[0].get_legend_handles_labels()
        if any(math.isfinite(entry.map_recalibrated) for entry in chosen):
            handles.append(Line2D([], [], color=INK, linewidth=0.7, linestyle=":"))
            labels.append("mAP before recalibration")
        legend = figure.legend(handles, labels, loc="outside upper center", ncols=3)
        note_above(legend, standing, figure.get_figwidth())
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
