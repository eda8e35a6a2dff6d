"""A cell of two lengths is seen at each: what is kept, what is left out, and where its scores are found."""

from pathlib import Path

import pytest

from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import Record
from prunebench.reports.points.at_lengths import points_at_lengths
from prunebench.reports.points.lengths import after, after_short, is_short, length_of, of_cell
from prunebench.reports.points.panel import place_columns
from prunebench.reports.points.point import points_of

BASE = {"base": {"test_map": 0.8}}
LONG = {"test_map": 0.7, "steps": 900.0, "best_step": 850.0, "bound_reached": 0.0}
TWO = {**BASE, "pruned": {"test_map": 0.2}, "fine-tuned": {"test_map": 0.5, "steps": 60.0}, "converged": LONG}
ONE = {key: TWO[key] for key in ("base", "pruned", "fine-tuned")}


def cell(name, stages=TWO, **fields):
    told = {"criterion": "l1", "ratio": 0.5, "learning_rate": 1e-3, "short_learning_rate": 3e-3} | fields
    told |= (
        {"scope": "C7-C12", "finetune_scope": "tail"} if told["control"] != "unpruned" else {"scope": "none"}
    )
    return Record(cell=name, outcome=f"o{name}", data="synth", base="b", stages=stages, **told)


def criterion(name="c", **fields):
    return cell(name, control=None, **fields)


def control(name, kind, **fields):
    return cell(name, **{"control": kind, "criterion": None, "ratio": 0.0, **fields})


def test_a_short_length_has_its_own_stages_rate_and_scores():
    (short,) = after_short([criterion()])
    assert short.last_stage == "fine-tuned"
    assert set(short.stages) == {"base", "pruned", "fine-tuned"}
    assert (short.learning_rate, short.short_learning_rate) == (3e-3, None)
    files = RunFiles(Path("run"))
    assert files.scores_of(short.outcome) == files.scores_of("oc", "fine-tuned")
    assert (short.cell, of_cell(short.outcome)) == ("c", "oc")


def test_lengths_are_named_by_their_steps():
    record = criterion()
    (short,) = after_short([record])
    assert (length_of(record), length_of(short), length_of(criterion(stages=ONE))) == (
        "converged",
        "after 60 steps",
        "",
    )
    assert (is_short(record), is_short(short)) == (False, True)
    assert [after(steps) for steps in (1, 12_000, None)] == [
        "after 1 step",
        "after 12,000 steps",
        "after the short fine-tuning",
    ]


def test_a_short_length_holds_nothing_but_cells_that_have_it():
    records = [
        control("u", "unpruned", stages=BASE),
        control("elsewhere", "unpruned", stages=BASE, network="mn"),
        control("t", "unpruned-fine-tuned"),
        control("s", "scratch", stages={**BASE, "converged": LONG}),
        criterion("c"),
        criterion("one", stages=ONE),
        criterion("undefined", stages=TWO | {"fine-tuned": {"test_map": float("nan")}}),
    ]
    assert [r.cell for r in after_short(records)] == ["u", "t", "c"]
    assert after_short(records[:4:3] + records[5:6]) == []


def test_points_of_the_short_length_follow_in_panels_of_their_own():
    points = points_at_lengths(
        [control("u", "unpruned", stages=BASE), control("s", "scratch", ratio=0.5), criterion()]
    )
    told = [(p.panel.length, p.panel.short, p.label, p.mean_map) for p in points]
    assert told == [
        ("converged", False, "unpruned", 0.8),
        ("converged", False, "l1", 0.7),
        ("converged", False, "trained from scratch", 0.7),
        ("after 60 steps", True, "unpruned", 0.8),
        ("after 60 steps", True, "l1", 0.5),
    ]
    assert points[1].panel.title == "synth · C7–C12 pruned · fine-tuning: tail · converged"
    assert points[-1].panel.title == "synth · C7–C12 pruned · fine-tuning: tail · after 60 steps"
    assert place_columns(p.panel for p in points)[-1] == "length"
    assert [p.panel.place[-1] for p in points[-2:]] == ["after 60 steps"] * 2


def test_cells_of_two_lengths_and_of_one_are_never_one_point():
    points = points_at_lengths([criterion("a"), criterion("b", stages=ONE, finetune_seed=1)])
    assert [(p.panel.length, p.n, p.mean_map) for p in points] == [
        ("", 1, 0.5),
        ("converged", 1, 0.7),
        ("after 60 steps", 1, 0.5),
    ]


def test_an_unpruned_control_stands_where_cells_were_fine_tuned_as_long():
    tuned = [control("t", "unpruned-fine-tuned"), control("t1", "unpruned-fine-tuned", stages=ONE)]
    points = points_at_lengths([*tuned, criterion("a"), criterion("b", stages=ONE)])
    told = {(p.panel.length, r.cell) for p in points for r in p.records if p.control}
    assert told == {("converged", "t"), ("after 60 steps", "t"), ("", "t1")}


def test_cells_of_one_length_are_the_points_that_they_always_were():
    records = [control("u", "unpruned", stages=BASE), criterion(stages=ONE, short_learning_rate=None)]
    points = points_at_lengths(records)
    assert points == points_of(records)
    assert not any(p.panel.by_length or p.panel.length for p in points)


@pytest.mark.parametrize(("rate", "labels"), [(3e-3, 1), (1e-3, 2)])
def test_the_unpruned_control_has_a_point_of_its_own_where_its_rate_at_that_length_is_another(rate, labels):
    tuned = control("t", "unpruned-fine-tuned")
    own = control("o", "unpruned-fine-tuned", rate_choice="own", learning_rate=3e-4, short_learning_rate=rate)
    short = points_of(after_short([tuned, own, criterion()]))
    assert len([p for p in short if p.control]) == labels
    main = points_of([tuned, own, criterion()])
    assert len([p for p in main if p.control]) == 2
