"""Crowded figures: who is in colour, names apart at the side, costs that are nearly one."""

from itertools import pairwise

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from prunebench.reports import make_report
from prunebench.reports.figures.pareto import draw
from prunebench.reports.figures.pareto_labels import focus_of
from prunebench.reports.figures.style.label_places import _pushed_apart
from prunebench.reports.figures.style.palette import look_of
from prunebench.reports.points.cost_axis import MACS, MEMORY

LOSSES = {f"criterion_{i}": 0.3 + 0.05 * i for i in range(14)} | {"random": 0.6}


@pytest.fixture(scope="module")
def crowded(new_maker, tmp_path_factory):
    maker = new_maker(tmp_path_factory.mktemp("crowded")).config()
    return make_report([maker.grid(criteria=LOSSES, ratios=(0.5, 0.75), seeds=(0,)).write()]).points


def test_the_best_three_the_worst_two_random_and_the_frontier_are_in_focus(crowded):
    means = {}
    for p in crowded:
        if p.control is None and not p.is_random:
            means[p.label] = means.get(p.label, 0) + p.mean_map
    order = sorted(means, key=lambda label: -means[label])
    highest = {
        max((p for p in crowded if p.control is None and p.ratio == r), key=lambda p: p.mean_map).label
        for r in (0.5, 0.75)
    }
    criteria = {p.label for p in crowded if p.control is None} & focus_of(crowded, MACS)
    assert criteria == {*order[:3], *order[-2:], "random", *highest}


def test_a_crowded_figure_names_those_in_focus_and_counts_the_others(crowded):
    figure = draw(crowded, MACS, standing="")
    focus = {p.label for p in crowded if p.control is None} & focus_of(crowded, MACS)
    notes = {text.get_text(): text for text in figure.axes[0].texts}
    assert set(notes) == focus
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert f"{len(LOSSES) - len(focus)} other criteria" in legend
    drawn = {line.get_color() for line in figure.axes[0].lines}
    assert {look_of(label).colour for label in focus} <= drawn
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = sorted((note.get_window_extent(renderer) for note in notes.values()), key=lambda b: b.y0)
    panel = figure.axes[0].get_window_extent(renderer)
    for low, high in pairwise(boxes):
        assert low.y1 <= high.y0 + 1
    assert all(panel.x0 <= box.x0 for box in boxes)


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


def test_costs_that_are_nearly_one_are_said_and_do_not_fill_the_axis(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5, 0.75))
    shapes = (maker.folder / "shapes.jsonl").read_text().splitlines()
    lines = [
        line.replace('"peak_memory_bytes": ', f'"peak_memory_bytes": {8_400_000 + 40_000 * i}, "was": ')
        for i, line in enumerate(shapes)
    ]
    (maker.folder / "shapes.jsonl").write_text("\n".join(lines) + "\n")
    points = make_report([maker.write()]).points
    figure = draw(points, MEMORY, standing="")
    low, high = figure.axes[0].get_xlim()
    assert high / low > 1.04
    assert "peak memory differs by 1 % at most" in figure.texts[0].get_text()
