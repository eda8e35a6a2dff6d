"""Figure of the speed-up against the ratio of MACs: what the arithmetic promises and the machine gives."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from prunebench.eval.run.record import CNN14
from prunebench.eval.run.shape_line import ShapeKey
from prunebench.reports.figures.style.canvas import COLUMN, paper_style
from prunebench.reports.figures.style.network_looks import looks_of
from prunebench.reports.figures.style.palette import BLUE, INK
from prunebench.reports.points.cost_axis import LATENCY_RATIO, MACS
from prunebench.reports.points.point import Point

QUARTILES = ("latency_backbone_ratio_q1", "latency_backbone_ratio_q3")


def draw_speed_up(points: Sequence[Point]) -> Figure | None:
    """Speed-up over the unpruned model in interleaved rounds against MACs saved, a mark per shape; quartiles as bars.

    Each network has a marker. `None` where no pruned shape was timed.
    """
    whole = {p.panel: MACS.of(p) for p in points if p.control == "unpruned"}
    shapes: dict[ShapeKey, tuple[float, float, float, float]] = {}
    for point in points:
        for record in point.records:
            ratio, macs = LATENCY_RATIO.of_record(record), MACS.of_record(record)
            if math.isfinite(ratio) and ratio > 0 and whole.get(point.panel, 0) > 0 and macs > 0:
                first, third = (record.timings.get(key, ratio) for key in QUARTILES)
                shapes[record.shape._replace(n_classes=0)] = (
                    whole[point.panel] / macs,
                    1 / ratio,
                    1 / third,
                    1 / first,
                )
    if len(shapes) < 2:
        return None
    with paper_style():
        figure = Figure((COLUMN, 2.5), layout="constrained")
        axes = figure.subplots()
        most = max(max(macs, high) for macs, _, _, high in shapes.values())
        axes.plot(
            [1, most], [1, most], color=INK, linewidth=0.7, linestyle=(0, (4, 2)), label="as MACs promise"
        )
        looks = looks_of(shape.network for shape in shapes)
        for shape, (macs, speed, low, high) in shapes.items():
            marker = looks[shape.network].marker
            axes.plot([macs, macs], [low, high], color=BLUE, linewidth=0.9)
            axes.plot(macs, speed, color=BLUE, marker=marker, markersize=3.5, markeredgecolor="white")
        for network, look in looks.items():
            label = "measured shape, median and quartiles" if list(looks) == [CNN14] else network
            axes.plot([], [], color=BLUE, marker=look.marker, markersize=3.5, label=label)
        axes.set_xlabel("MACs of unpruned over MACs, backbone (log-mel in)")
        axes.set_ylabel("speed-up of the backbone")
        axes.xaxis.set_major_formatter("{x:g}×")
        axes.yaxis.set_major_formatter("{x:g}×")
        title = None if list(looks) == [CNN14] else "measured shapes, median and quartiles"
        axes.legend(loc="upper left", title=title, title_fontsize="small")
    return figure
