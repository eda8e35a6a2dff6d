"""Crowded figures: who is in colour, names apart at the side and not in the legend too."""

import dataclasses
from itertools import pairwise

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from prunebench.reports import make_report
from prunebench.reports.content.criteria_order import told_from_random
from prunebench.reports.figures.pareto import draw
from prunebench.reports.figures.pareto_marks import FAINT
from prunebench.reports.figures.style.canvas import COLUMN
from prunebench.reports.figures.style.label_places import _pushed_apart
from prunebench.reports.figures.style.palette import look_of
from prunebench.reports.points.cost_axis import MACS
from prunebench.reports.points.focus import FEW, focus_of

LOSSES = {f"criterion_{i}": 0.3 + 0.05 * i for i in range(14)} | {"random": 0.6}


@pytest.fixture(scope="module")
def crowded(new_maker, tmp_path_factory):
    maker = new_maker(tmp_path_factory.mktemp("crowded")).config()
    grid = maker.grid(criteria=LOSSES, ratios=(0.5, 0.75), seeds=(0,), bases=(0, 1, 2))
    return make_report([grid.write()])


def criteria_of(report):
    return {p.label for p in report.points if p.control is None}


def highest(report):
    """The criteria on the frontier: at each ratio all cost the same."""
    own = [p for p in report.points if p.control is None]
    return {max((p for p in own if p.ratio == r), key=lambda p: p.mean_map).label for r in (0.5, 0.75)}


def test_random_the_frontier_and_those_that_differ_from_random_are_in_focus(crowded):
    told = ["criterion_4", "criterion_11"]
    expected = {"random", *highest(crowded), *told}
    assert criteria_of(crowded) & focus_of(crowded.points, MACS, told) == expected
    assert criteria_of(crowded) & focus_of(crowded.points, MACS) == {"random", *highest(crowded)}
    few = [p for p in crowded.points if p.label in ("random", "criterion_1", "unpruned")]
    assert focus_of(few, MACS) == {"random", "criterion_1", "unpruned"}  # there is room for all


def test_the_few_that_differ_from_random_are_the_furthest_whose_interval_over_all_budgets_excludes_zero(
    crowded,
):
    panel = crowded.points[0].panel
    (over_all,) = [r for r in crowded.rankings if r.over_all and r.quantity is MACS]
    rows = [row for row in over_all.rows if not row.is_random]
    better = sorted((row for row in rows if row.from_random_low > 0), key=lambda r: -r.from_random)
    worse = sorted((row for row in rows if row.from_random_high < 0), key=lambda r: r.from_random)
    expected = {row.label for row in (*better[:FEW], *worse[:FEW])}
    told = crowded.findings.told_from_random[panel]
    assert set(told) == expected
    assert 0 < len(told) < len(rows)
    mixed = [dataclasses.replace(row, from_random=-0.1 - i, like_random=False) for i, row in enumerate(rows)]
    worst = told_from_random(panel, [dataclasses.replace(over_all, rows=tuple(mixed))])
    assert worst == tuple(row.label for row in mixed[-FEW:])  # those that are worse do not count as better
    means = {row.label: row.from_random for row in rows}
    assert [means[label] for label in told] == sorted((means[label] for label in told), reverse=True)


def test_a_crowded_figure_names_those_in_focus_and_its_legend_does_not_repeat_them(crowded):
    panel, told = crowded.points[0].panel, crowded.findings.told_from_random
    figure = draw(crowded.points, MACS, standing="", told=told)
    focus = criteria_of(crowded) & focus_of(crowded.points, MACS, told[panel])
    notes = {text.get_text(): text for text in figure.axes[0].texts}
    assert set(notes) == focus - {"random"}
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[:2] == ["random", f"{len(LOSSES) - len(focus)} other criteria"]
    assert not set(legend) & set(notes)
    drawn = {line.get_color() for line in figure.axes[0].lines}
    assert {look_of(label).colour for label in focus} <= drawn
    assert "or different from random over all ratios" in figure.texts[0].get_text()
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = sorted((note.get_window_extent(renderer) for note in notes.values()), key=lambda b: b.y0)
    axes = figure.axes[0].get_window_extent(renderer)
    for low, high in pairwise(boxes):
        assert low.y1 <= high.y0 + 1
    assert all(axes.x0 <= box.x0 for box in boxes)


def test_criteria_out_of_focus_are_dots_at_their_means_and_no_lines(crowded):
    axes = draw(crowded.points, MACS, standing="").axes[0]
    (dots,) = [line for line in axes.lines if line.get_color() == FAINT]
    assert dots.get_linestyle() == "None"
    focus = focus_of(crowded.points, MACS)
    expected = [p.mean_map for p in crowded.points if p.control is None and p.label not in focus]
    assert sorted(dots.get_ydata()) == pytest.approx(sorted(expected))


def test_in_a_single_column_the_legend_names_those_in_focus(crowded):
    figure = draw(crowded.points, MACS, standing="", column=COLUMN)
    assert not figure.axes[0].texts
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert set(legend[:-1]) >= {"random", *highest(crowded)}


def test_where_no_criterion_differs_from_random_the_figure_says_so(crowded):
    text = draw(crowded.points, MACS, standing="").texts[0].get_text()
    assert "no criterion differs from random over all ratios" in text


def test_lines_of_one_colour_in_focus_differ_in_their_dashes(maker):
    losses = {
        "bn_scale": 0.4,
        "energy": 0.5,
        "geometric_median": 0.45,
        "fpgm_torch_pruning": 0.55,
        "random": 0.6,
    }
    points = make_report([maker.grid(criteria=losses, ratios=(0.5, 0.75), seeds=(0,)).write()]).points
    lines = draw(points, MACS, standing="").axes[0].lines
    for colour in (look_of("energy").colour, look_of("geometric_median").colour):
        dashes = [line._unscaled_dash_pattern for line in lines if line.get_color() == colour]
        assert len(dashes) == 2
        assert len(set(dashes)) == 2


def test_places_keep_their_distance_and_stay_inside():
    found = _pushed_apart([0.0, 1.0, 1.0, 50.0, 98.0, 99.0], 10.0, 5.0, 95.0)
    assert all(b - a >= 10.0 - 1e-9 for a, b in pairwise(found))
    assert found[0] >= 5.0
    assert found[-1] <= 95.0
    assert found[3] == 50.0
