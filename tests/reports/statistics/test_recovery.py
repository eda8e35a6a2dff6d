"""Curves of recovery: what the figure draws, against means and ranges by hand, and what is said without them."""

import json
from statistics import fmean

import pytest

from prunebench.eval.errors import InputError
from prunebench.reports import make_report
from prunebench.reports.figures.recovery_figure import draw_recovery
from prunebench.reports.points.point import points_of
from prunebench.reports.statistics.recovery import read_curves

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


def drawn(run, **options):
    points = points_of(run.records)
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
    assert "`finetune.evaluate_every`" in "".join(make_report([run.folder]).missing)
    recorded(run)
    assert not [s for s in make_report([run.folder]).missing if "recovery" in s]


def test_undefined_values_are_left_out_and_broken_lines_refused(run):
    path = run.folder / "curves.jsonl"
    path.write_text('{"outcome":"a","curve":[[0,NaN],[5,0.5]]}\n{"outcome":"b","curve":[[0,NaN]]}\n')
    assert read_curves([run.folder]) == {"a": ((5, 0.5),)}
    path.write_text('{"outcome":"a"}\n')
    with pytest.raises(InputError, match=r"curves\.jsonl"):
        read_curves([run.folder])
