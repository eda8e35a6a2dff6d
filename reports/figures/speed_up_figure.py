"""Figure of the speed-up against the ratio of MACs: what the arithmetic promises and the machine gives."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from prunebench.reports.figures.canvas import COLUMN, paper_style
from prunebench.reports.figures.palette import INK
from prunebench.reports.points.cost_axis import LATENCY_RATIO, MACS
from prunebench.reports.points.point import Point

QUARTILES = ("latency_backbone_ratio_q1", "latency_backbone_ratio_q3")


def draw_speed_up(points: Sequence[Point]) -> Figure | None:
    """Speed-up over the unpruned model in interleaved rounds against MACs saved, a mark per shape; quartiles as bars.

    `None` where no pruned shape was timed.
    """
    whole = {p.panel: MACS.of(p) for p in points if p.control == "unpruned"}
    shapes: dict[tuple[int, ...], tuple[float, float, float, float]] = {}
    for point in points:
        for record in point.records:
            ratio, macs = LATENCY_RATIO.of_record(record), MACS.of_record(record)
            if math.isfinite(ratio) and ratio > 0 and whole.get(point.panel, 0) > 0 and macs > 0:
                first, third = (record.timings.get(key, ratio) for key in QUARTILES)
                shapes[record.widths] = (whole[point.panel] / macs, 1 / ratio, 1 / third, 1 / first)
    if len(shapes) < 2:
        return None
    with paper_style():
        figure = Figure((COLUMN, 2.5), layout="constrained")
        axes = figure.subplots()
        most = max(max(macs, high) for macs, _, _, high in shapes.values())
        axes.plot(
            [1, most], [1, most], color=INK, linewidth=0.7, linestyle=(0, (4, 2)), label="as MACs promise"
        )
        for macs, speed, low, high in shapes.values():
            axes.plot([macs, macs], [low, high], color="#0072B2", linewidth=0.9)
            axes.plot(macs, speed, color="#0072B2", marker="o", markersize=3.5, markeredgecolor="white")
        axes.plot(
            [], [], color="#0072B2", marker="o", markersize=3.5, label="measured shape, median and quartiles"
        )
        axes.set_xlabel("MACs of unpruned over MACs, backbone (log-mel in)")
        axes.set_ylabel("speed-up of the backbone")
        axes.xaxis.set_major_formatter("{x:g}×")
        axes.yaxis.set_major_formatter("{x:g}×")
        axes.legend(loc="upper left")
    return figure
