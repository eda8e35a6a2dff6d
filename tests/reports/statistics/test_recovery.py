"""Curves of recovery: what the figure draws, against means and ranges by hand, and what is said without them."""

import json
from itertools import pairwise
from statistics import fmean

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from prunebench.eval.errors import InputError
from prunebench.reports import make_report
from prunebench.reports.figures.recovery_figure import draw_recovery
from prunebench.reports.points.point import points_of
from prunebench.reports.runs.loaded_run import outcome_of, read_run
from prunebench.reports.statistics.recovery import read_curves, recovery_of

STEPS = (0, 5, 10)


@pytest.fixture
def run(maker):
    """Two criteria at three ratios and the controls, without curves."""
    maker.clips = 40
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, latency=False).write()
    with (maker.folder / "config.toml").open("a") as stream:
        stream.write("[finetune]\nevaluate_every = 0\n")
    return maker


def recorded(run):
    """Curves of all cells that were fine-tuned, each of its own height."""
    tuned = [r for r in run.records if r.finetune_seed is not None]
    curves = {r.outcome: [[step, step / 20 + i / 1000] for step in STEPS] for i, r in enumerate(tuned)}
    lines = (json.dumps({"outcome": name, "curve": curve}) for name, curve in curves.items())
    (run.folder / "curves.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return curves


def curves_of(run):
    """By outcome."""
    return {outcome: curve for (_, outcome), curve in read_curves([run.folder]).items()}


def drawn(run, **options):
    points = points_of(read_run(run.folder).records)
    return draw_recovery(points, points[0].panel, read_curves([run.folder]), standing="", **options)


def test_curves_are_means_over_seeds_in_a_band_of_their_range(run):
    curves = recorded(run)
    figure = drawn(run)
    assert [axes.get_title() for axes in figure.axes] == [f"{n}\u00a0% removed" for n in (25, 50, 75)]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["unpruned, fine-tuned", "random", "l1"]
    for axes, ratio in zip(figure.axes, (0.25, 0.5, 0.75), strict=True):
        for name, line, band in zip(("random", "l1"), axes.lines[-2:], axes.collections[-2:], strict=True):
            own = [curves[r.outcome] for r in run.records if (r.criterion, r.ratio) == (name, ratio)]
            values = [[curve[i][1] for curve in own] for i in range(len(STEPS))]
            assert tuple(line.get_xdata()) == STEPS
            assert line.get_ydata() == pytest.approx([fmean(v) for v in values])
            heights = band.get_paths()[0].vertices[:, 1]
            assert (heights.min(), heights.max()) == pytest.approx((min(values[0]), max(values[-1])))
    assert len(drawn(run, width=3.4).axes) == 1


def test_without_curves_there_is_no_figure_and_the_report_says_why(run):
    assert drawn(run) is None
    assert "To record it every k steps, set `finetune.evaluate_every = k`." in "".join(
        make_report([run.folder]).missing
    )
    recorded(run)
    assert not [s for s in make_report([run.folder]).missing if "recovery" in s]


@pytest.fixture
def long_run(maker):
    """Two criteria at one ratio, two lengths, trainings to convergence that end at steps of their own."""
    maker.clips = 40
    maker.grid(
        criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,), latency=False
    ).two_lengths().curves().write()
    return maker


def value_at(curve, step):
    """On the straight line between the evaluations around a step; the last value after the last."""
    before = [pair for pair in curve if pair[0] <= step][-1]
    after = next((pair for pair in curve if pair[0] > step), None)
    if after is None:
        return before[1]
    share = (step - before[0]) / (after[0] - before[0])
    return before[1] + share * (after[1] - before[1])


def test_trainings_that_ended_keep_their_last_value_to_the_end_of_the_longest(long_run):
    curves = curves_of(long_run)
    figure = drawn(long_run)
    (axes,) = figure.axes
    tuned = [r for r in long_run.records if r.control == "unpruned-fine-tuned" and r.rate_choice == "shared"]
    by_line = {
        "unpruned": tuned,
        **{name: [r for r in long_run.records if r.criterion == name] for name in ("random", "l1")},
    }
    longest = max(curves[r.outcome][-1][0] for own in by_line.values() for r in own)
    lines = [line for line in axes.lines if len(line.get_xdata()) > 2]
    assert len(lines) == len(by_line)
    for line, band, own in zip(lines, axes.collections, by_line.values(), strict=True):
        steps = list(line.get_xdata())
        known = {step for r in own for step, _ in curves[r.outcome]}
        assert steps == sorted(known | {longest})
        values = [[value_at(curves[r.outcome], step) for r in own] for step in steps]
        assert line.get_ydata() == pytest.approx([fmean(v) for v in values])
        corners = {tuple(corner) for corner in band.get_paths()[0].vertices.round(9).tolist()}
        assert {(step, round(max(v), 9)) for step, v in zip(steps, values, strict=True)} <= corners
        assert {(step, round(min(v), 9)) for step, v in zip(steps, values, strict=True)} <= corners


def test_the_short_length_is_marked_and_the_note_says_how_long_trainings_took(long_run):
    figure = drawn(long_run)
    marked = [line for line in figure.axes[0].lines if list(line.get_xdata()) == [60, 60]]
    assert len(marked) == 1
    ends = [
        curve[-1][0]
        for curve in map(
            curves_of(long_run).get,
            [r.outcome for r in long_run.records if r.control is None or r.rate_choice == "shared"],
        )
        if curve
    ]
    note = " ".join(figure.legends[0].get_title().get_text().split())
    assert (
        f"trainings ended after {min(ends)} to {max(ends)} steps, and each keeps its last value from then on"
        in note
    )
    assert "dotted: 60 steps, the short length, which is a training of its own" in note


def test_trainings_of_one_length_have_no_line_and_no_word_on_it(run):
    recorded(run)
    figure = drawn(run)
    note = figure.legends[0].get_title().get_text()
    assert "length" not in note
    assert "ended" not in note
    assert not [line for line in figure.axes[0].lines if list(line.get_xdata()) == [60, 60]]


def test_curves_begin_where_all_have_begun(run):
    points = [p for p in points_of(read_run(run.folder).records) if p.label == "l1" and p.ratio == 0.5]
    one, two = map(outcome_of, points[0].records)
    curves = {one: ((0, 0.1), (10, 0.3)), two: ((5, 0.4), (10, 0.6), (15, 0.5))}
    found = recovery_of(points[0], curves)
    assert found.steps.tolist() == [5, 10, 15]
    assert found.maps[0].tolist() == pytest.approx([0.2, 0.3, 0.3])
    assert found.maps[1].tolist() == pytest.approx([0.4, 0.6, 0.5])
    assert found.ends == (10, 15)


def test_the_curve_of_a_base_model_is_no_curve_of_recovery(run):
    outcome = next(r.outcome for r in run.records if r.control == "unpruned")
    (run.folder / "curves.jsonl").write_text(
        json.dumps({"outcome": outcome, "curve": [[0, 0.1], [5, 0.2]]}) + "\n"
    )
    assert drawn(run) is None
    assert "To record it every k steps, set `finetune.evaluate_every = k`." in "".join(
        make_report([run.folder]).missing
    )


def test_undefined_values_are_left_out_and_broken_lines_refused(run):
    path = run.folder / "curves.jsonl"
    path.write_text('{"outcome":"a","curve":[[0,NaN],[5,0.5]]}\n{"outcome":"b","curve":[[0,NaN]]}\n')
    assert read_curves([run.folder]) == {(run.folder, "a"): ((5, 0.5),)}
    path.write_text('{"outcome":"a"}\n')
    with pytest.raises(InputError, match=r"curves\.jsonl"):
        read_curves([run.folder])


@pytest.mark.parametrize("ratios", [(0.1, 0.5, 0.9), (0.1, 0.25, 0.5, 0.75, 0.9)])
def test_numbers_of_steps_do_not_run_into_each_other(maker, ratios):
    maker.clips = 40
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=ratios, latency=False).write()
    tuned = [r for r in maker.records if r.finetune_seed is not None]
    steps = [0, 50, *range(100, 5001, 100)]
    lines = [{"outcome": r.outcome, "curve": [[step, step / 5000] for step in steps]} for r in tuned]
    (maker.folder / "curves.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    figure = drawn(maker)
    assert len(figure.axes) == len(ratios)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    for axes in figure.axes:
        labels = [label for label in axes.get_xticklabels() if label.get_text()]
        boxes = sorted((label.get_window_extent(renderer) for label in labels), key=lambda box: box.x0)
        assert len(boxes) >= 3
        assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
