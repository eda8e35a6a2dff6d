"""Allocations and schedules are panels of their own, with the controls that belong to them."""

from prunebench.eval.run.record import Record
from prunebench.reports.points.point import points_of

WIDTHS = (8,) * 12


def cell(**fields):
    stages = {"base": {"test_map": 0.5}, "fine-tuned": {"test_map": 0.4}}
    name = repr(sorted(fields.items()))
    told = {"cell": name, "outcome": name, "data": "toy", "base": "b", "scope": "C7-C12", "widths": WIDTHS}
    return Record(**{**told, "stages": stages, "finetune_scope": "tail", "ratio": 0.5, **fields})


def test_what_differs_in_more_than_the_criterion_is_not_pooled():
    records = [
        cell(control="unpruned", scope="none", finetune_scope="none", ratio=0.0),
        cell(control="unpruned-fine-tuned", ratio=0.0),
        cell(control="scratch", finetune_scope="none"),
        cell(control="scratch-macs", finetune_scope="none"),
        cell(control="scratch", finetune_scope="none", allocation="same_as:l1"),
    ]
    records += [
        cell(criterion=criterion, schedule=schedule, allocation=allocation)
        for criterion in ("l1", "random")
        for schedule in ("one-shot", "iterative[rounds=2]")
        for allocation in ("uniform", "global", "same_as:l1")
    ]
    points = points_of(records)
    assert all(point.n == 1 for point in points)
    panels = {(p.panel.allocation, p.panel.schedule) for p in points}
    assert len(panels) == 6
    scratch = {(p.panel.allocation, p.control) for p in points if (p.control or "").startswith("scratch")}
    assert scratch == {("uniform", "scratch"), ("uniform", "scratch-macs"), ("same_as:l1", "scratch")}
    titles = {p.panel.title for p in points}
    assert "toy · C7–C12 pruned · global · fine-tuning: tail · iterative[rounds=2]" in titles


def test_widths_that_a_criterion_chose_stand_at_their_own_ratio():
    own = {"allocation": "same_as:own", "budget": "own"}
    records = [
        cell(criterion="l1", base=base, base_seed=seed, ratio=0.3 + seed / 100, **own)
        for seed, base in enumerate("ab")
    ]
    (point,) = points_of(records)
    assert point.n == 2
    assert point.own_budget
