"""What a report computes, it computes once, and in one place."""

import dataclasses
import sys

import pytest

from prunebench.reports import make_report, write_report
from prunebench.reports.content import findings
from prunebench.reports.content.findings import not_told_before
from prunebench.reports.points.cost_axis import AXES

COMPUTED = ("surfaces_of", "overlaps_of", "class_changes", "blocks_of", "sensitivity_of", "read_curves")


@pytest.fixture
def two_panels(maker):
    for scope in ("C7-C12", "C1-C12"):
        maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5, 0.75), scope=scope)
    return maker.write()


def test_figures_tables_and_page_compute_nothing_twice(two_panels, tmp_path, monkeypatch):
    calls = dict.fromkeys(COMPUTED, 0)

    def counted(name):
        own = getattr(findings, name)

        def call(*arguments):
            calls[name] += 1
            return own(*arguments)

        return call

    for name in COMPUTED:
        monkeypatch.setattr(findings, name, counted(name))
    write_report([two_panels], tmp_path / "out", formats=["svg"])
    assert calls == {
        "surfaces_of": 2 * len(AXES),
        "overlaps_of": 2,
        "class_changes": 2,
        "blocks_of": 1,
        "sensitivity_of": 1,
        "read_curves": 1,
    }


def test_nobody_else_computes_them(quick_report):
    assert quick_report.files
    loaded = {name: module for name, module in sys.modules.items() if name.startswith("prunebench.reports.")}
    for function in ("surfaces_of", "overlaps_of", "class_changes", "blocks_of", "sensitivity_of"):
        owner = getattr(findings, function).__module__
        users = {name for name, module in loaded.items() if callable(vars(module).get(function))}
        assert users == {owner, findings.__name__}


def test_the_written_report_keeps_what_was_computed(quick_run, tmp_path):
    report = write_report([quick_run], tmp_path / "out", formats=[])
    again = dataclasses.replace(report, folder=None)
    assert again.findings.overlaps is report.findings.overlaps


def test_equal_ratios_are_ranked_once_and_nan_is_equal_to_nan(quick_report):
    rankings = quick_report.findings.rankings
    assert len(rankings) == 8  # three ratios and all of them, at equal MACs and at equal parameters
    new = quick_report.findings.new_rankings
    assert [r.quantity.key for r in new] == ["macs_backbone"] * 4
    other_nan = float("inf") - float("inf")
    row = dataclasses.replace(rankings[0].rows[0], from_random_p=other_nan)
    nearly = dataclasses.replace(rankings[0], rows=(row, *rankings[0].rows[1:]))
    assert not_told_before([rankings[0], nearly]) == [rankings[0]]
    changed = dataclasses.replace(rankings[0], rows=rankings[0].rows[1:])
    assert not_told_before([rankings[0], changed]) == [rankings[0], changed]


def test_rankings_that_differ_at_another_cost_are_told_with_all_of_that_cost(maker):
    maker.grid(criteria={"l1": 0.4, "l2": 0.5, "random": 0.9}, ratios=(0.5, 0.75))
    maker.records = [
        dataclasses.replace(r, measures={**r.measures, "parameters": r.measures["parameters"] // 2})
        if r.criterion == "l1" and r.ratio == 0.5
        else r
        for r in maker.records
    ]
    found = make_report([maker.write()]).findings
    (panel,) = found.panels
    told = found.rankings_to_tell(panel)
    assert [cost.key for cost, _ in told] == ["macs_backbone", "parameters"]
    assert [len(own) for _, own in told] == [
        len([r for r in found.rankings if r.quantity is cost]) for cost, _ in told
    ]
