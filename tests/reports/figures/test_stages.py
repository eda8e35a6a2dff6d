"""The figure of the stages: what is marked in each column, and what joins the marks."""

import numpy as np
import pytest

from prunebench.reports import make_report
from prunebench.reports.figures.stages_figure import draw_stages
from prunebench.reports.figures.style.canvas import COLUMN

RATIOS = (0.25, 0.5)


@pytest.fixture
def points(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=RATIOS, seeds=(0, 1), latency=False)
    return make_report([maker.write()]).points


def segments(collection):
    return sorted(tuple(np.round(part.ravel(), 9)) for part in collection.get_segments())


def level(start, end, row):
    return tuple(np.round((start, row, end, row), 9))


def test_hollow_and_filled_marks_are_joined_over_their_ranges(points):
    figure = draw_stages(points, points[0].panel, standing="")
    assert [axes.get_title() for axes in figure.axes] == ["25\u00a0% removed", "50\u00a0% removed"]
    rows = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert rows == ["l1", "random"]  # from the bottom: random, then the best
    for axes, ratio in zip(figure.axes, RATIOS, strict=True):
        own = {p.label: p for p in points if p.ratio == ratio and p.control is None}
        ranges, joins = map(segments, axes.collections)
        pruned = {
            label: [r.stages["pruned"]["test_map"] for r in point.records] for label, point in own.items()
        }
        assert joins == sorted(
            level(np.mean(pruned[label]), own[label].mean_map, row) for row, label in enumerate(rows)
        )
        assert ranges == sorted(
            level(min(ends), max(ends), row)
            for row, label in enumerate(rows)
            for ends in (pruned[label], own[label].maps)
        )
        hollow = {line.get_ydata()[0]: line.get_xdata()[0] for line in axes.lines[1::2]}
        filled = {line.get_ydata()[0]: line.get_xdata()[0] for line in axes.lines[2::2]}
        assert hollow == pytest.approx({row: np.mean(pruned[label]) for row, label in enumerate(rows)})
        assert filled == pytest.approx({row: own[label].mean_map for row, label in enumerate(rows)})
        (unpruned,) = (p.mean_map for p in points if p.control == "unpruned")
        assert axes.lines[0].get_xdata() == pytest.approx([unpruned] * 2)


def test_a_single_column_holds_one_ratio(points):
    (axes,) = draw_stages(points, points[0].panel, standing="", width=COLUMN).axes
    assert axes.get_title() == "50\u00a0% removed"
