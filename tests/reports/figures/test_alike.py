"""What all figures of a report have in common: the order of criteria, letters that can be read, the answer first."""

import math

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from prunebench.reports import make_report
from prunebench.reports.content.criteria_order import in_criteria_order, order_of_criteria
from prunebench.reports.figures.gallery import figures_of

SMALLEST = 6.0  # points


@pytest.fixture(scope="module")
def report(new_maker, tmp_path_factory):
    """Criteria whose order at single ratios, in the palette and over all ratios differ, with curves and controls."""
    maker = new_maker(tmp_path_factory.mktemp("alike")).config()
    losses = {"l1": 0.9, "bn_scale": 0.3, "taylor": 0.5, "operator_norm": 0.7, "random": 0.8}
    maker.grid(criteria=losses, ratios=(0.25, 0.5, 0.75), seeds=(0, 1))
    for name in ("l1", "bn_scale"):
        for ratio in (0.25, 0.5, 0.75):
            maker.cell(
                signal=1.0,
                criterion=name,
                control="reversed",
                ratio=ratio,
                finetune_scope="tail",
                finetune_seed=0,
            )
    maker.curves()
    return make_report([maker.write()])


def placed(figure):
    """The figure, with all its parts where they are drawn."""
    figure.draw_without_rendering()
    figure.set_layout_engine(None)
    return figure


@pytest.fixture(scope="module")
def figures(report):
    return {drawn.name: placed(drawn.figure) for drawn in figures_of(report)}


def rows_from_the_top(figure):
    axes = figure.axes[0]
    labels = [text.get_text() for text in axes.get_yticklabels()]
    return labels if axes.yaxis_inverted() else labels[::-1]


def test_all_figures_list_criteria_in_the_order_of_the_ranking_over_all_budgets(report, figures):
    (over_all,) = [r for r in report.rankings if r.over_all and r.quantity.key == "macs_backbone"]
    best = [row.label for row in over_all.rows if not row.is_random]
    assert rows_from_the_top(figures["ranking_at_equal_macs"]) == best
    assert rows_from_the_top(figures["before_and_after"]) == ["random", *best]
    assert rows_from_the_top(figures["class_changes"]) == ["random", *best]
    legend = [text.get_text() for text in figures["map_vs_macs"].legends[0].get_texts()]
    assert legend[: len(best) + 1] == ["random", *best]
    legend = [text.get_text() for text in figures["recovery"].legends[0].get_texts()]
    assert legend == ["unpruned, fine-tuned", "random", *best]
    controls = [label for label in rows_from_the_top(figures["controls"]) if label != "reversed"]
    assert controls == [label for label in best if label in ("l1", "bn_scale")]
    panels = [axes.get_title().split(" (")[0] for axes in figures["attainment"].axes]
    assert panels == best[: len(panels)]


def test_columns_go_from_the_smallest_to_the_largest_ratio(figures):
    for name in ("ranking_at_equal_macs", "before_and_after", "controls"):
        titles = [axes.get_title().split("\u00a0")[0] for axes in figures[name].axes]
        assert titles[-3:] == ["25", "50", "75"], name


def test_the_paired_differences_come_first(report):
    assert next(figures_of(report)).name == "ranking_at_equal_macs"


def test_criteria_that_a_ranking_lacks_stand_last_and_joined_ones_where_their_first_does():
    assert in_criteria_order(["b", "new", "random", "c = a"], ("random", "a", "b", "c")) == [
        "random",
        "c = a",
        "b",
        "new",
    ]


def test_without_a_ranking_the_mean_over_ratios_decides(report):
    panel = report.points[0].panel
    own = [p for p in report.points if p.control is None and not p.is_random]
    means = {label: sum(p.mean_map for p in own if p.label == label) for label in {p.label for p in own}}
    expected = ["random", *sorted(means, key=lambda label: -means[label])]
    assert list(order_of_criteria(panel, report.points)) == expected


def test_no_letter_is_too_small_for_print_and_none_is_cut_off(report, figures):
    single = {f"{drawn.name}, single": placed(drawn.figure) for drawn in figures_of(report, "single")}
    for name, figure in {**figures, **single}.items():
        renderer = FigureCanvasAgg(figure).get_renderer()
        for text in figure.findobj(Text):
            if text.get_text().strip() and text.get_visible():
                assert text.get_fontsize() >= SMALLEST, (name, text.get_text())
        for text in [*figure.texts, *(axes.title for axes in figure.axes)]:
            box = text.get_window_extent(renderer)
            assert box.x0 >= -0.5, (name, text.get_text())
            assert box.x1 <= figure.bbox.x1 + 0.5, (name, text.get_text())


def test_no_legend_lies_in_a_panel(figures):
    for name, figure in figures.items():
        renderer = FigureCanvasAgg(figure).get_renderer()
        assert all(axes.get_legend() is None for axes in figure.axes), name
        for legend in figure.legends:
            box = legend.get_window_extent(renderer)
            for axes in figure.axes:
                panel = axes.get_window_extent(renderer)
                overlap = (
                    min(box.x1, panel.x1) - max(box.x0, panel.x0),
                    min(box.y1, panel.y1) - max(box.y0, panel.y0),
                )
                assert math.isfinite(overlap[0])
                assert min(overlap) <= 0.5, name
