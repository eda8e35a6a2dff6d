"""Figures: nothing lies on anything else, nothing is cut off, the same data give the same bytes."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from prunebench.reports import make_report
from prunebench.reports.figures.filters_kept import draw_filters_kept
from prunebench.reports.figures.pareto import draw
from prunebench.reports.figures.pareto_marks import BROAD
from prunebench.reports.figures.speed_up_figure import draw_speed_up
from prunebench.reports.figures.style.canvas import COLUMN, rendered
from prunebench.reports.points.cost_axis import AXES, LATENCY, MACS, PARAMETERS


@pytest.fixture(params=["one panel", "three panels"], scope="module")
def figures(request, quick_report, new_maker, tmp_path_factory):
    points = quick_report.points
    if request.param == "three panels":
        maker = new_maker(tmp_path_factory.mktemp("three")).config()
        for scope, finetune in (("C7-C12", "tail"), ("C7-C12", "all"), ("C1-C12", "all")):
            maker.grid(
                criteria={"l1": 0.4, "my_plug_in[alpha=0.5]": 0.6, "random": 0.9},
                ratios=(0.5, 0.95),
                seeds=(0,),
                scope=scope,
                finetune=finetune,
            )
        points = make_report([maker.write()]).points
    return [draw(points, quantity, standing="demonstration, no claim") for quantity in AXES]


def boxes(figure):
    """Of every panel with its axes and title, of the legend and of the notes."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    visible = [axes for axes in figure.axes if axes.get_visible()]
    parts = [*visible, *figure.legends, *figure.texts]
    return [part.get_tightbbox(renderer) for part in parts]


def test_nothing_overlaps_and_nothing_is_cut_off(figures):
    for figure in figures:
        assert_apart(figure)


def assert_apart(figure):
    found = boxes(figure)
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            shared = (
                min(one.x1, other.x1) - max(one.x0, other.x0),
                min(one.y1, other.y1) - max(one.y0, other.y0),
            )
            assert min(shared) < 1.0, "two parts of a figure overlap by a pixel or more"
        assert one.x0 >= -0.5
        assert one.y0 >= -0.5
        assert one.x1 <= figure.bbox.x1 + 0.5
        assert one.y1 <= figure.bbox.y1 + 0.5


def test_ranges_lie_inside_the_panels(figures):
    for figure in figures:
        for axes in filter(lambda a: a.get_visible(), figure.axes):
            low, high = axes.get_ylim()
            for collection in axes.collections:
                hairs = np.any(collection.get_offsets())  # from a mark aside to its bar
                heights = (
                    [collection.get_offsets()[:, 1]]
                    if hairs
                    else [path.vertices[:, 1] for path in collection.get_paths()]
                )
                for height in heights:
                    assert np.all(height >= low)
                    assert np.all(height <= high)


def test_a_range_without_a_band_beside_it_lies_inside_the_panel(maker):
    for seed, signal in enumerate((0.1, 2.5)):
        maker.cell(signal=signal, noise=seed, criterion="l1", ratio=0.5, finetune_seed=seed)
    points = make_report([maker.write()]).points
    low, high = draw(points, MACS, standing="").axes[0].get_ylim()
    assert low < min(points[0].maps)
    assert high > max(points[0].maps)


def test_a_figure_is_as_wide_as_a_column_or_two(figures):
    for figure in figures:
        panels = sum(axes.get_visible() for axes in figure.axes)
        assert figure.get_figwidth() == COLUMN * (1 if panels == 1 else 2)


def test_labels_name_unit_and_convention(quick_report):
    labels = [draw(quick_report.points, q, standing="").axes[0].get_xlabel() for q in AXES]
    assert labels == [
        "MACs, backbone (log-mel in), M per 10 s clip",
        "parameters, M",
        "saved file, MB",
        "latency, backbone (log-mel in), median and quartiles, ms",
        "peak memory of a forward pass, weights aside, MB",
    ]


def test_legend_and_notes_say_what_is_drawn(quick_report):
    figure = draw(quick_report.points, MACS, standing="demonstration, no claim")
    own = [row for row in quick_report.rows if row.control is None and not row.is_random]
    means = {row.label: sum(r.map_mean for r in own if r.label == row.label) for row in own}
    best = sorted(means, key=lambda label: -means[label])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "random",
        *best,
        "unpruned",
        "unpruned, fine-tuned",
        "Pareto frontier of criteria",
    ]
    notes = figure.texts[0].get_text()
    assert "n = 2 models, random n = 6" in notes
    assert "demonstration, no claim" in notes


def test_markers_stand_at_the_means(quick_report):
    figure = draw(quick_report.points, PARAMETERS, standing="")
    line = next(x for x in figure.axes[0].lines if x.get_color() == "#0072B2")
    expected = [(r.parameters / 1e6, r.map_mean) for r in quick_report.rows if r.label == "l1"]
    np.testing.assert_allclose(sorted(zip(*line.get_data(), strict=True)), sorted(expected))


def test_every_mark_stands_at_its_true_cost(quick_report):
    """Criteria of one ratio cost the same, so their marks stand above each other, whatever they would hide."""
    axes = draw(quick_report.points, MACS, standing="").axes[0]
    costs = {r.macs_backbone / 1e6 for r in quick_report.rows}
    drawn = [line for line in axes.lines if line.get_marker() not in ("", "None")]
    assert len(drawn) == 8  # six criteria, the unpruned model, the unpruned and fine-tuned one
    for line in drawn:
        seen = line.get_transform().transform(line.get_xydata())[:, 0]
        true = [min(costs, key=lambda cost, x=x: abs(cost - x)) for x in line.get_xdata()]
        expected = axes.transData.transform([(cost, 0) for cost in true])[:, 0]
        np.testing.assert_allclose(seen, expected, atol=1e-6)


def test_ranges_at_one_cost_are_set_aside_from_each_other(quick_report):
    axes = draw(quick_report.points, MACS, standing="").axes[0]
    bars = [c for c in axes.collections if c.get_linewidths()[0] == pytest.approx(0.8)]
    starts = {round(float(c.get_transform().transform(c.get_paths()[0].vertices)[0, 0]), 3) for c in bars}
    assert len(starts) >= 5  # of five criteria beside random


def test_controls_above_the_frontier_have_a_line_of_their_own(maker):
    maker.grid(criteria={"l1": 0.6, "random": 0.9}, ratios=(0.5, 0.75), seeds=(0,))
    for ratio in (0.5, 0.75):
        maker.cell(signal=3.0, control="scratch-macs", ratio=ratio)
    points = make_report([maker.write()]).points
    figure = draw(points, MACS, standing="")
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[-2:] == ["Pareto frontier of criteria", "controls above it"]
    high = {p.ratio: p.mean_map for p in points if p.control == "scratch-macs"}
    dotted = [x for x in figure.axes[0].lines if x.get_linewidth() == pytest.approx(0.9)]
    (line,) = [x for x in dotted if x.get_marker() == "None"]
    heights = line.get_ydata()[np.isfinite(line.get_ydata())]
    assert set(np.round(heights, 9)) == set(np.round(list(high.values()), 9))


def test_the_band_of_random_is_its_range(quick_report):
    figure = draw(quick_report.points, MACS, standing="")
    (band,) = [c for c in figure.axes[0].collections if c.get_label() == "" or len(c.get_paths()[0]) > 4][:1]
    heights = band.get_paths()[0].vertices[:, 1]
    rows = [r for r in quick_report.rows if r.is_random]
    assert math.isclose(heights.min(), min(r.map_low for r in rows))
    assert math.isclose(heights.max(), max(r.map_high for r in rows))


def test_at_a_single_cost_the_range_of_random_is_a_bar(maker):
    maker.grid(criteria={"l1": 0.6, "random": 0.9}, ratios=(0.5,))
    points = make_report([maker.write()]).points
    (chance,) = [p for p in points if p.is_random]
    axes = draw(points, MACS, standing="").axes[0]
    (bar,) = [c for c in axes.collections if c.get_linewidths()[0] == BROAD]
    assert bar.get_segments()[0][:, 1] == pytest.approx((min(chance.maps), max(chance.maps)))


def test_the_second_axis_is_relative_to_the_unpruned_model(quick_report):
    axes = draw(quick_report.points, MACS, standing="").axes[0]
    top, right = axes.child_axes
    unpruned = next(r.macs_backbone for r in quick_report.rows if r.label == "unpruned") / 1e6
    assert np.asarray(top.get_xlim()) * unpruned == pytest.approx(axes.get_xlim())
    best = next(r.map_mean for r in quick_report.rows if r.label == "unpruned")
    assert np.asarray(right.get_ylim()) * best == pytest.approx(axes.get_ylim())


def test_wide_ranges_of_cost_are_logarithmic(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5, 0.95))
    points = make_report([maker.write()]).points
    assert draw(points, PARAMETERS, standing="").axes[0].get_xscale() == "log"
    assert draw(points, MACS, standing="").axes[0].get_xscale() == "linear"


def test_svg_is_well_formed_and_carries_no_date(quick_report):
    for path in quick_report.folder.glob("*.svg"):
        text = path.read_bytes()
        ET.fromstring(text)
        assert b"<dc:date>" not in text
        assert b"Matplotlib v" not in text


def test_a_cost_that_was_not_measured_gives_no_figure(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,), latency=False)
    points = make_report([maker.write()]).points
    assert draw(points, LATENCY, standing="") is None


@pytest.mark.parametrize("name", ["a$b$c", r"$\frac$", "_hidden", "<i>&amp;", "100%", "{x}"])
def test_names_are_drawn_as_they_are(maker, name):
    for ratio in (0.25, 0.5):
        maker.cell(signal=1.0, criterion=name, ratio=ratio)
    figure = draw(make_report([maker.write()]).points, MACS, standing="")
    ET.fromstring(rendered(figure, "svg"))
    assert name in [text.get_text().strip() for text in figure.legends[0].get_texts()]


def test_a_single_point_is_drawn(maker):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5)
    figure = draw(make_report([maker.write()]).points, MACS, standing="")
    assert rendered(figure, "png").startswith(b"\x89PNG")


def words_of(figure):
    own = (figure._suptitle, figure._supxlabel, *figure.texts)
    titles = (axes.get_title() for axes in figure.axes)
    legends = (legend.get_title().get_text() for legend in figure.legends)
    texts = " ".join([*(text.get_text() for text in own if text is not None), *titles, *legends])
    return " ".join(texts.split())


def test_every_figure_says_what_the_run_does_not_claim(quick_written, networks_written):
    names = set()
    for report, figures in (quick_written, networks_written):
        assert report.under_figures
        for name, drawn in figures.items():
            names.add(name.split("_")[0])
            assert report.under_figures.replace(" ", "") in words_of(drawn.figure).replace(" ", ""), name
    assert {"ranking", "map", "speed"} <= names, names


def test_what_a_run_does_not_claim_stands_beside_the_legend_and_not_on_it(quick_report, networks_report):
    """Of the figures whose note came later than their legend."""
    panel = quick_report.findings.panels[0]
    for figure in (
        draw_speed_up(networks_report.findings.main_points, standing=networks_report.under_figures),
        draw_speed_up(quick_report.findings.main_points, standing=quick_report.under_figures),
        draw_filters_kept(quick_report.points, panel, standing=quick_report.under_figures),
    ):
        figure.draw_without_rendering()  # places all parts
        assert_apart(figure)
