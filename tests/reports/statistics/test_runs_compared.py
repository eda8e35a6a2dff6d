"""Several runs side by side."""

import csv
import dataclasses
from statistics import fmean, variance

import pytest

from prunebench.reports import make_report, write_report

GRID = {"criteria": {"l1": 0.4, "random": 0.9}, "ratios": (0.5,), "bases": (0, 1), "seeds": (0,)}


@pytest.fixture
def two(maker, tmp_path):
    """A run, and another with the same grid whose cells are others."""
    maker.grid(**GRID).write()
    other = type(maker)(tmp_path / "other")
    other.folder.mkdir()
    other.config(name="after").grid(**{**GRID, "criteria": {"l1": 0.2, "random": 0.9, "l2": 0.5}}).write()
    return maker, other


def test_runs_with_other_cells_in_the_same_place_are_not_pooled(two):
    one, other = two
    report = make_report([one.folder, other.folder])
    assert {row.panel.run for row in report.rows} == {"quick", "after"}
    rows = [row for row in report.rows if row.label == "l1"]
    assert [row.n for row in rows] == [2, 2]
    assert all(title.startswith(("quick · ", "after · ")) for title in report.sentences)


def test_differences_are_second_minus_first(two, tmp_path):
    one, other = two
    report = write_report([one.folder, other.folder], tmp_path / "both", tables_only=True)
    rows = list(csv.DictReader((tmp_path / "both" / "runs_compared.csv").read_text().splitlines()))
    found = {row["criterion"]: row for row in rows}
    assert "l2" not in found

    def mean(maker):
        return fmean(r.stages["fine-tuned"]["test_map"] for r in maker.records if r.criterion == "l1")

    assert float(found["l1"]["difference"]) == pytest.approx(mean(other) - mean(one))
    assert float(found["l1"]["low"]) < float(found["l1"]["difference"]) < float(found["l1"]["high"])
    for which, run in (("first", one), ("second", other)):
        costs = {r.measures["macs_backbone"] for r in run.records if r.criterion == "l1"}
        assert {float(found["l1"][f"macs_backbone_{which}"])} == costs
    assert found["l1"]["same_cells"] == "0"
    assert found["random"]["same_cells"] == "6"
    assert float(found["random"]["difference"]) == 0
    assert len(report.compared) == len(rows)


def test_runs_that_extend_each_other_are_one(maker, tmp_path):
    maker.grid(**GRID).write()
    other = type(maker)(tmp_path / "other")
    other.folder.mkdir()
    other.config(name="more").grid(**{**GRID, "criteria": {"l2": 0.4, "random": 0.9}}).write()
    report = make_report([maker.folder, other.folder])
    assert {row.panel.run for row in report.rows} == {""}
    assert {row.label for row in report.compared} == {
        "random",
        "unpruned",
        "unpruned, fine-tuned",
        "unpruned, fine-tuned (own rate)",
    }
    assert all(row.difference == 0 for row in report.compared)


def test_the_page_tabulates_the_differences(two, tmp_path):
    one, other = two
    page = write_report([one.folder, other.folder], tmp_path / "both", formats=[]).page.read_text()
    assert "Runs compared" in page
    assert "quick (first), after (second)" in page


def test_runs_on_other_base_models_are_not_paired(two, tmp_path):
    """The same seeds, the same identities, other weights: of a training on another processor."""
    one, other = two
    for maker, weights in ((one, "a"), (other, "b")):
        maker.records = [
            dataclasses.replace(r, base_weights=f"{weights}{r.base_seed}") for r in maker.records
        ]
        maker.write()
    report = write_report([one.folder, other.folder], tmp_path / "both", tables_only=True)
    assert not any(row.paired for row in report.compared)
    l1 = next(row for row in report.compared if row.label == "l1")
    means = [[_mean(maker, base) for base in (0, 1)] for maker in (other, one)]
    assert l1.difference == pytest.approx(fmean(means[0]) - fmean(means[1]))
    spread = sum(variance(side) / 2 for side in means)
    assert (l1.high - l1.low) / 2 > 1.96 * spread**0.5
    assert report.missing[0] == (
        "quick and after have different base models, so 5 of their differences are not paired: they take the "
        "base models "
        "of each run as independent samples (Welch). Start both from one set of frozen base models to compare criteria."
    )
    assert '"paired": false' in (tmp_path / "both" / "summary.json").read_text()


def test_runs_of_one_grid_on_other_base_models_are_not_pooled(maker, tmp_path):
    maker.grid(**GRID).write()
    other = type(maker)(tmp_path / "other")
    other.folder.mkdir()
    other.config(name="again").grid(**GRID)
    assert {r.cell for r in other.records} == {r.cell for r in maker.records}
    other.write()
    assert {row.panel.run for row in make_report([maker.folder, other.folder]).rows} == {""}
    for each, weights in ((maker, "a"), (other, "b")):
        each.records = [dataclasses.replace(r, base_weights=weights) for r in each.records]
        each.write()
    assert {row.panel.run for row in make_report([maker.folder, other.folder]).rows} == {"quick", "again"}


@pytest.mark.parametrize("turned", [False, True])
def test_of_several_architectures_only_the_same_ones_are_compared(maker, tmp_path, turned):
    small, large = (4, 4, 8), (4, 8, 8)
    other = type(maker)(tmp_path / "other")
    other.folder.mkdir()
    other.config(name="after")
    for each, bases, signal in ((maker, {"a": small, "b": large}, 1.2), (other, {"a": small}, 1.0)):
        for base, widths in bases.items():
            shared = {"base": base, "widths": widths, "groups": ("C1", "C2", "C3")}
            each.cell(signal=1.5, control="unpruned", scope="none", **shared)
            for name in ("l1", "random"):
                fields = {"finetune_scope": "tail", "finetune_seed": 0, **shared, "widths": (2, 2, 2)}
                each.cell(signal=signal, criterion=name, ratio=0.5, **fields)
        each.write()
    runs = [maker.folder, other.folder]
    found = [row for row in make_report(runs[::-1] if turned else runs).compared if row.label == "l1"]
    maps = {r.base: r.stages["fine-tuned"]["test_map"] for r in maker.records if r.criterion == "l1"}
    (row,) = found
    assert (row.map_second if turned else row.map_first) == maps["a"]


def _mean(maker, base):
    return fmean(
        r.stages["fine-tuned"]["test_map"]
        for r in maker.records
        if r.criterion == "l1" and r.base_seed == base
    )
