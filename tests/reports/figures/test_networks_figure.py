"""Figures of several networks: true places, one look each, names that cover nothing, whole names in the tables."""

import csv
import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from prunebench.reports import make_report
from prunebench.reports.content.networks_said import said_networks
from prunebench.reports.figures.filters_kept import draw_filters_kept
from prunebench.reports.figures.gallery import figures_of
from prunebench.reports.figures.networks_figure import draw_networks
from prunebench.reports.figures.speed_up_figure import draw_speed_up
from prunebench.reports.figures.style.canvas import COLUMN, rendered
from prunebench.reports.figures.style.network_looks import looks_of
from prunebench.reports.figures.style.palette import look_of
from prunebench.reports.points.cost_axis import MACS, PARAMETERS

SMALL, RESNET, MN = "mobilenet_v2[width=0.25]", "resnet22[width=0.125]", "mn[width=0.4]"


def drawn(report, quantity, width):
    overlay = next(overlay for overlay, _ in report.findings.networks)
    said = said_networks(report.findings.networks[overlay, quantity])
    return draw_networks(
        overlay, report.findings.points, quantity, said, standing=report.standing, width=width
    )


@pytest.fixture(params=[(MACS, COLUMN), (MACS, 2 * COLUMN), (PARAMETERS, COLUMN)], scope="module")
def figure(request, networks_report):
    quantity, width = request.param
    return quantity, drawn(networks_report, quantity, width)


def test_every_model_stands_at_its_true_cost(figure, networks_report):
    quantity, made = figure
    axes = made.axes[0]
    assert axes.get_xscale() == "log"
    factor = quantity.scale(quantity.of(p) for p in networks_report.findings.points)[0]
    marked = {
        (round(float(x), 9), round(float(y), 9))
        for line in axes.lines
        if line.get_marker()
        for x, y in line.get_xydata()
    }
    for point in networks_report.findings.points:
        if not point.own_rate:
            assert (round(quantity.of(point) / factor, 9), round(point.mean_map, 9)) in marked, point.label


def test_criteria_have_their_colours_and_networks_their_markers(figure):
    _, made = figure
    looks = looks_of(["cnn14", SMALL, RESNET])
    for name in ("l1", "geometric_median", "operator_norm"):
        lines = [
            line
            for line in made.axes[0].lines
            if line.get_color() == look_of(name).colour and line.get_marker() != "None"
        ]
        assert sorted(line.get_marker() for line in lines if line.get_marker()) == sorted(
            look.marker for look in looks.values()
        )


def test_names_and_notes_cover_nothing_and_nothing_is_cut_off(figure):
    _, made = figure
    renderer = FigureCanvasAgg(made).get_renderer()
    axes = made.axes[0]
    names = [text for text in axes.texts if text.get_text() in ("cnn14", SMALL, RESNET)]
    assert len(names) == 3
    boxes = [name.get_window_extent(renderer) for name in names]
    flags = [line for line in axes.lines if line.get_markevery() == [1]]
    assert len(flags) == 3
    assert "cnn14" not in [text.get_text() for text in made.legends[0].get_texts()]  # the flag says it
    marks = np.vstack(
        [
            axes.transData.transform(line.get_xydata())
            for line in axes.lines
            if line.get_marker() != "None" and line not in flags
        ]
    )
    assert min(box.y0 for box in boxes) > marks[:, 1].max()
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
        assert box.x0 >= 0
        assert box.x1 <= made.bbox.x1
    parts = [part.get_tightbbox(renderer) for part in (axes, *made.legends, *made.texts)]
    for i, one in enumerate(parts):
        assert one.x0 >= -0.5
        assert one.x1 <= made.bbox.x1 + 0.5
        assert one.y0 >= -0.5
        for other in parts[i + 1 :]:
            assert min(one.y1, other.y1) - max(one.y0, other.y0) < 3, (
                "one part lies on another, at 300 dots an inch"
            )


def test_the_figure_says_which_is_higher_and_on_what_it_stands(figure):
    quantity, made = figure
    text = " ".join(" ".join(note.get_text() for note in made.texts).split())
    assert f"cnn14 against {SMALL} at equal {quantity.short}" in text
    assert "Networks are not paired, because each has its own base models." in text
    assert "demonstration, no claim" in text


def test_the_same_report_gives_the_same_bytes(networks_report):
    one, other = (rendered(drawn(networks_report, MACS, COLUMN), "png") for _ in range(2))
    assert one == other


def test_they_stand_in_the_gallery_before_the_panels(networks_report):
    names = [path.name for path in networks_report.files if path.suffix == ".svg"]
    names = [name for name in names if not name.startswith("ranking")]
    assert names[:2] == ["map_vs_macs_over_networks.svg", "map_vs_parameters_over_networks.svg"]
    page = (networks_report.folder / "page.html").read_text("utf-8")
    assert page.index("map_vs_macs_over_networks.svg") < page.index('"map_vs_macs.svg')
    assert "Networks on synth · fine-tuning: all: test mAP against MACs, backbone (log-mel in)" in page


def test_cnn14_alone_has_no_such_figure(quick_report):
    assert not quick_report.networks
    assert not any("networks" in path.name for path in quick_report.files)


def test_groups_are_named_below_the_filters_kept_and_whole_in_the_table(networks_report):
    panel = next(p.panel for p in networks_report.points if p.panel.network == RESNET)
    figure = draw_filters_kept(networks_report.points, panel)
    axes = figure.axes[0]
    figure.get_layout_engine().execute(figure)
    box = axes.yaxis.label.get_window_extent(FigureCanvasAgg(figure).get_renderer())
    assert box.y0 >= 0
    assert box.y1 <= figure.bbox.y1
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels[:2] == ["conv_block1.conv1", "layer1.0.conv1"]
    rows = list(csv.DictReader(io.StringIO((networks_report.folder / "filters_kept.csv").read_text())))
    own = [r for r in rows if r["network"] == RESNET and r["criterion"] == "l1" and r["ratio"] == "0.5"]
    assert own[1]["group"] == "resnet.layer1.0.conv1"
    assert float(own[1]["filters_kept"]) == 8


def test_of_many_groups_some_are_named(new_maker, tmp_path):
    maker = new_maker(tmp_path).config()
    groups = tuple(f"blocks.{i}.conv.{j}" for i in range(30) for j in range(3))
    for fields in (
        {"control": "unpruned", "scope": "none"},
        {"criterion": "l1", "ratio": 0.5, "finetune_scope": "all"},
    ):
        record = maker.cell(signal=1.0, network=RESNET, **fields)
        maker.records[-1] = type(record)(**{**vars(record), "groups": groups, "widths": (8,) * 90})
    report = make_report([maker.write()])
    axes = draw_filters_kept(report.points, report.points[0].panel).axes[0]
    assert len(axes.get_xticks()) == 30
    assert axes.get_xticklabels()[1].get_text() == "1.conv.0"


@pytest.fixture(scope="module")
def sensitive(new_maker, tmp_path_factory):
    maker = new_maker(tmp_path_factory.mktemp("sensitive")).config()
    groups = maker.cell(signal=2.3, network=MN, control="unpruned", scope="none").groups
    for number, group in enumerate(reversed(groups)):
        for ratio in (0.25, 0.5):
            fields = {"criterion": "l1", "ratio": ratio, "ties": {group: 0.1, groups[0]: 0.2}}
            maker.cell(signal=2.2 - ratio, noise=number, network=MN, scope=group, **fields)
    return make_report([maker.write()]), groups


def test_the_sensitivity_of_thirty_groups_is_in_the_order_of_the_network(sensitive):
    report, groups = sensitive
    entries = report.findings.sensitivity
    assert [entry.layer for entry in entries[::2]] == list(groups)
    (figure,) = [f for f in figures_of(report) if f.name == "sensitivity"]
    assert figure.caption.startswith("Each group of filters alone")
    made = figure.figure
    titles = [axes.get_title() for axes in made.axes if axes.get_visible()]
    assert titles[:2] == ["features.0.0", "2.block.0.0"]
    assert titles[-1] == "classifier.2"
    assert made.get_size_inches()[1] < 8
    renderer = FigureCanvasAgg(made).get_renderer()
    boxes = [axes.title.get_window_extent(renderer) for axes in made.axes if axes.get_visible()]
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[i + 1 :])


def test_of_a_run_with_single_groups_and_scopes_the_first_have_one_figure(new_maker, tmp_path):
    maker = new_maker(tmp_path).config().grid(seeds=(0,), latency=False)
    for ratio in (0.25, 0.5):
        maker.cell(signal=1.5, criterion="l1", scope="C3", ratio=ratio)
    report = make_report([maker.write()])
    assert {p.panel.scope for p in report.findings.points} == {"C7-C12"}
    assert any(p.panel.scope == "C3" for p in report.points)


def test_speed_ups_have_a_panel_for_each_network(networks_report):
    figure = draw_speed_up(networks_report.findings.points)
    titles = [axes.get_title() for axes in figure.axes if axes.get_visible()]
    assert [title.replace("\u00a0", " ").split(" · ")[0] for title in titles] == ["cnn14", SMALL, RESNET]
    for axes in figure.axes[:3]:
        assert {"unpruned", "50\u00a0%"} <= {text.get_text() for text in axes.texts}
