"""The figure of the speed-up: a title, the interval of each median, the share removed beside its mark."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from prunebench.reports.figures.speed_up_figure import draw_speed_up, timed_shapes


@pytest.fixture(scope="module")
def figure(quick_report):
    return draw_speed_up(quick_report.points)


def rows_of(report):
    return {row.ratio: row for row in report.rows if row.label in ("l1", "unpruned")}


def test_the_title_names_what_was_pruned_and_the_legend_lies_outside(figure):
    assert [axes.get_title().replace("\u00a0", " ") for axes in figure.axes] == ["cnn14 · C7–C12 pruned"]
    assert figure.axes[0].get_legend() is None
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "a shape, median",
        "95 % interval",
        "quartiles of rounds",
        "as MACs promise",
    ]


def test_each_mark_has_its_share_beside_it(figure, quick_report):
    (axes,) = figure.axes
    found = {text.get_text().replace("\u00a0", " "): text.xy for text in axes.texts}
    rows = rows_of(quick_report)
    assert set(found) == {"unpruned", "25 %", "50 %", "75 %"}
    for ratio, name in ((0.0, "unpruned"), (0.25, "25 %"), (0.5, "50 %"), (0.75, "75 %")):
        row = rows[ratio]
        expected = (1 / row.macs_backbone_relative, 1 / row.latency_backbone_ratio)
        assert found[name] == pytest.approx(expected)


def test_bars_are_the_intervals_of_the_medians(figure, quick_report):
    (axes,) = figure.axes
    bars = [c.get_segments()[0] for c in axes.collections if isinstance(c, LineCollection)]
    drawn = sorted((bar[0, 0], bar[:, 1].min(), bar[:, 1].max()) for bar in bars)
    rows = [row for row in rows_of(quick_report).values() if row.latency_backbone_ratio_precision]
    expected = sorted(
        (
            1 / row.macs_backbone_relative,
            1 / (row.latency_backbone_ratio * (1 + row.latency_backbone_ratio_precision)),
            1 / (row.latency_backbone_ratio * (1 - row.latency_backbone_ratio_precision)),
        )
        for row in rows
    )
    assert len(drawn) == 3
    np.testing.assert_allclose(drawn, expected)


def test_every_shape_is_drawn_once(quick_report):
    (shapes,) = timed_shapes(quick_report.points).values()
    assert len(shapes) == len({r.widths for p in quick_report.points for r in p.records})
