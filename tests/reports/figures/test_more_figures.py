"""Hypervolume, attainment, labels apart, critical differences, classes: against hand or slow results."""

import dataclasses
import math
from itertools import combinations
from statistics import fmean, median

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from prunebench.baselines import published_points
from prunebench.eval.quality.average_precision import average_precision
from prunebench.reports import make_report
from prunebench.reports.content.ranking_sentences import said_blocks
from prunebench.reports.figures.attainment_figure import draw_attainment
from prunebench.reports.figures.critical_difference import draw_critical_difference
from prunebench.reports.figures.filters_kept import draw_filters_kept
from prunebench.reports.figures.gallery import figures_of
from prunebench.reports.figures.pareto import draw
from prunebench.reports.figures.style.label_places import place_labels
from prunebench.reports.figures.style.palette import KNOWN
from prunebench.reports.points.cost_axis import FILE_BYTES, MACS
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import points_of
from prunebench.reports.points.published_marks import beside
from prunebench.reports.runs.loaded_run import final_map
from prunebench.reports.statistics.attainment import surfaces_of
from prunebench.reports.statistics.blocks import Blocks, blocks_of
from prunebench.reports.statistics.class_changes import class_changes


def test_a_hypervolume_is_the_area_below_the_stairs(quick_report):
    for found in quick_report.hypervolumes:
        points = [p for p in quick_report.points if p.label == found.label and p.control is None]
        whole = next(found.quantity.of(p) for p in quick_report.points if p.control == "unpruned")
        area, best = 0.0, 0.0
        corners = sorted((found.quantity.of(p) / whole, p.mean_map) for p in points)
        for (cost, value), after in zip(corners, [*(c for c, _ in corners[1:]), 1.0], strict=True):
            best = max(best, value)
            area += best * (after - cost)
        assert found.value == pytest.approx(area)
        assert found.low < found.value < found.high


def test_attainment_is_what_all_and_one_of_the_seeds_reach_and_the_median(quick_report):
    panel = quick_report.points[0].panel
    surfaces = [s for s in surfaces_of(panel, quick_report.points, MACS) if s.is_random]
    records = [r for p in quick_report.points if p.is_random for r in p.records]
    seeds = {}
    for r in records:
        seeds.setdefault((r.prune_seed, r.finetune_seed), []).append((MACS.of_record(r), final_map(r)))
    assert [s.seeds for s in surfaces] == [6, 6, 6]
    for cost, value in surfaces[1].corners:
        assert value == pytest.approx(median(_reached(own, cost) for own in seeds.values()))
    for surface, needed in ((surfaces[0], 1), (surfaces[2], 6)):
        for cost, value in surface.corners:
            reached = sum(any(c <= cost and v >= value - 1e-12 for c, v in own) for own in seeds.values())
            assert reached >= needed
            above = sum(any(c <= cost and v > value + 1e-9 for c, v in own) for own in seeds.values())
            assert above < needed


def _reached(spots, cost):
    return max((value for c, value in spots if c <= cost), default=-math.inf)


def test_the_median_of_two_seeds_is_no_better_than_that_of_three(maker):
    """The line of few seeds must not be their best: it stands beside the median of many draws of random."""
    for seed in range(3):
        maker.cell(signal=0.5 + seed, criterion="l1", ratio=0.5, finetune_seed=seed)
        if seed != 1:
            maker.cell(signal=0.5 + seed, criterion="l2", ratio=0.5, finetune_seed=seed)
    points = make_report([maker.write()]).points
    maps = {p.label: sorted(p.maps) for p in points}
    middle = {s.label: s.corners for s in surfaces_of(points[0].panel, points, MACS) if s.level == "median"}
    assert [value for _, value in middle["l1"]] == pytest.approx([maps["l1"][1]])
    assert [value for _, value in middle["l2"]] == pytest.approx([fmean(maps["l2"])])
    assert maps["l2"][0] < maps["l2"][1]


def test_a_panel_of_attainment_has_random_dotted_and_one_criterion_as_a_line(maker):
    maker.grid(
        criteria={"l1": 0.4, "l2": 0.5, "random": 0.9}, ratios=(0.25, 0.5), seeds=(0, 1), latency=False
    )
    points = make_report([maker.write()]).points
    surfaces = surfaces_of(points[0].panel, points, MACS)
    figure = draw_attainment(surfaces, ["l2", "random", "l1"], MACS)
    for axes, label in zip(figure.axes, ("l2", "l1"), strict=True):
        chance, own = axes.lines
        assert chance.get_label() == "random"
        assert own.get_label() == label
        assert axes.get_title() == f"{label} (n = 2)"
        assert axes.get_legend() is None  # it would lie on the curves
        assert chance.is_dashed()
        assert not own.is_dashed()
        _, median, _ = (s for s in surfaces if s.label == label)
        drawn = own.get_ydata()
        assert max(y for y in drawn if np.isfinite(y)) == max(y for _, y in median.corners)
        assert len(axes.collections) == 2  # a band each
    assert "grey: random (n = 6)" in figure.get_supxlabel()


def test_one_seed_has_no_attainment(maker):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    points = make_report([maker.write()]).points
    assert surfaces_of(points[0].panel, points, MACS) == []
    assert draw_attainment([], [], MACS) is None


@pytest.mark.parametrize("count", [2, 8, 20])
def test_labels_of_near_marks_do_not_overlap(count):
    figure = Figure((3.4, 2.3))
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    rng = np.random.default_rng(count)
    spots = [
        (0.5 + 0.1 * x, 0.5 + 0.1 * y, f"model {i}") for i, (x, y) in enumerate(rng.normal(size=(count, 2)))
    ]
    placed = place_labels(axes, spots)
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [note.get_window_extent(renderer) for note in placed]
    for one, other in combinations(boxes, 2):
        shared = (
            min(one.x1, other.x1) - max(one.x0, other.x0),
            min(one.y1, other.y1) - max(one.y0, other.y0),
        )
        assert min(shared) < 1.0
    panel = axes.get_window_extent(renderer)
    assert all(panel.x0 - 1 <= box.x0 and box.x1 <= panel.x1 + 1 for box in boxes)


def test_published_points_stand_in_plots_of_audioset_alone(quick_report):
    points = [
        dataclasses.replace(p, panel=dataclasses.replace(p.panel, data="audioset training_set=full"))
        for p in quick_report.points
    ]
    known = {p.model for p in published_points() if p.backbone_macs is not None}
    figure = draw(points, MACS, standing="")
    assert known <= {text.get_text() for text in figure.axes[0].texts}
    assert "published" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert not known & {
        text.get_text() for text in draw(quick_report.points, MACS, standing="").axes[0].texts
    }
    assert not known & {text.get_text() for text in draw(points, FILE_BYTES, standing="").axes[0].texts}
    part = dataclasses.replace(points[0].panel, data="audioset test_clips=2000")
    assert not list(beside(part, MACS))
    assert {point.model for _, point in beside(points[0].panel, MACS)} == known


def test_changes_by_class_are_those_of_the_scores(quick_report, quick_run):
    panel = quick_report.points[0].panel
    found = {
        (c.point.label, c.point.ratio): c
        for c in class_changes(quick_report.points, panel, quick_report.scores)
    }
    clips = quick_report.scores.clips("synth")

    def precisions(record):
        with np.load(quick_run / "scores" / f"{record.outcome}.npz") as stored:
            return average_precision(clips.targets, stored["test"])

    unpruned = next(p for p in quick_report.points if p.control == "unpruned")
    l1 = found["l1", 0.5]
    expected = np.mean([precisions(r) for r in l1.point.records], axis=0) - precisions(unpruned.records[0])
    np.testing.assert_allclose(l1.change, expected)
    assert l1.change.mean() == pytest.approx(l1.point.mean_map - unpruned.mean_map)


def blocks(count, seed=0):
    family = make_family()
    values = np.random.default_rng(seed).normal(0, 0.01, (count, 4)) + np.array([0.5, 0.49, 0.4, 0.3])
    return Blocks(family, (("l1",), ("l2", "lamp"), ("operator_norm",), ("random",)), values)


def make_family():
    return Panel("", "C7-C12", "uniform", "tail")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_critical_differences_from_ten_blocks_up():
    pytest.importorskip("scikit_posthocs", reason="needs the extra `reports`")
    assert draw_critical_difference(blocks(9)) is None
    assert (
        "9 blocks of (data set, base seed) are too few for a critical-difference diagram: 10 are needed"
        in said_blocks(blocks(9))
    )
    assert said_blocks(blocks(10)) == ""
    figure = draw_critical_difference(blocks(10))
    assert "10 blocks" in figure.axes[0].get_title()
    shown = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert all(name in shown for name in ("l1", "l2 = lamp", "operator_norm", "random"))


def test_blocks_are_data_sets_and_base_seeds_and_never_budgets_or_fine_tuning_seeds(maker):
    grid = {"criteria": {"l1": 0.4, "random": 0.9}, "ratios": (0.25, 0.5), "seeds": (0, 1), "bases": (0, 1)}
    maker.grid(**grid)
    maker.grid(**grid, data="other")
    report = make_report([maker.write()])
    (found,) = blocks_of(report.points, MACS)
    assert found.values.shape == (4, 2)
    place = found.labels.index("l1")
    maps = [final_map(r) for r in maker.records if (r.criterion, r.base_seed, r.data) == ("l1", 0, "synth")]
    assert any(math.isclose(value, fmean(maps)) for value in found.values[:, place])
    assert found.ranks[place] == 1


def test_blocks_hold_base_models_of_one_width_each(maker):
    maker.grid(criteria={"l1": 0.4, "l2": 0.4, "random": 0.9}, ratios=(0.25, 0.5), seeds=(0,), bases=(0, 1))
    wide = [
        dataclasses.replace(
            r, outcome=f"wide {r.outcome}", base=f"wide {r.base}", widths=(512, *r.widths[1:])
        )
        for r in maker.records
        if r.criterion != "l2"
    ]
    maker.records += wide
    (found,) = blocks_of(points_of(maker.records), MACS)
    assert found.labels == ("l1", "random")  # one width lacks `l2`
    assert found.values.shape == (4, 2)
    assert said_blocks(dataclasses.replace(blocks(4), by_widths=True)).startswith(
        "4 blocks of (data set, base widths, base seed) are too few"
    )


@pytest.mark.parametrize("width", ["single", "double"])
def test_every_figure_is_as_wide_as_asked(width, maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.25, 0.5), seeds=(0, 1))
    inches = {"single": 3.4, "double": 6.8}[width]
    found = {}
    for drawn in figures_of(make_report([maker.write()]), width):
        found[drawn.name] = drawn.figure.get_figwidth()
        renderer = FigureCanvasAgg(drawn.figure).get_renderer()
        for text in drawn.figure.texts:
            box = text.get_window_extent(renderer)
            assert -0.5 <= box.x0 <= box.x1 <= drawn.figure.bbox.x1 + 0.5, (drawn.name, text.get_text())
    one_panel = {"attainment", "speed_up"}  # a single column holds all of it
    assert {name for name, wide in found.items() if not math.isclose(wide, inches)} <= one_panel
    assert len(found) == 10


def test_random_is_no_criterion_among_those_that_keep_as_many_filters(quick_report):
    panel = quick_report.points[0].panel
    figure = draw_filters_kept(quick_report.points, panel)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert [text.split(": ")[1] for text in texts] == ["5 criteria and random"] * 3


def test_long_labels_and_titles_stay_within_the_figure(maker):
    names = [
        "a_criterion_of_another_distribution_with_a_long_name",
        "another_one_with_a_longer_name_than_the_first",
    ]
    maker.grid(criteria=dict.fromkeys(names, 0.3), ratios=(0.5,))
    long = "synth " + " ".join(f"setting_{i}=100" for i in range(6))
    maker.records = [dataclasses.replace(r, data=long) for r in maker.records]
    points = make_report([maker.write()]).points
    curves, kept = draw(points, MACS, standing=""), draw_filters_kept(points, points[0].panel)
    for figure in (curves, kept):
        FigureCanvasAgg(figure).draw()
    for box, figure in (
        (curves.legends[0].get_window_extent(), curves),
        (kept.texts[0].get_window_extent(), kept),
    ):
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1


def test_no_two_lines_of_the_filters_kept_look_alike(maker):
    ratios = (0.1, 0.2, 0.25, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9)
    maker.grid(criteria={"l1": 0.4, "l2": 0.5, "random": 0.9}, ratios=ratios, seeds=(0,))
    points = make_report([maker.write()]).points
    lines = draw_filters_kept(points, points[0].panel).axes[0].lines
    assert len(lines) == len(ratios)
    assert len({(str(line._unscaled_dash_pattern), line.get_linewidth()) for line in lines}) == len(ratios)


def test_no_two_criteria_look_alike_and_neighbours_differ_in_grey():
    assert len(set(KNOWN.values())) == len(KNOWN)
    by_marker = {}
    for look in KNOWN.values():
        red, green, blue = (int(look.colour[i : i + 2], 16) for i in (1, 3, 5))
        by_marker.setdefault(look.marker, []).append(0.299 * red + 0.587 * green + 0.114 * blue)
    for greys in by_marker.values():
        assert all(abs(a - b) > 12 for a, b in combinations(greys, 2))
