"""What runs may claim, in one clause, the same on the page, below figures and in tables."""

import dataclasses

import pytest

from prunebench.reports import make_report
from prunebench.reports.answer.standing import said_standing
from prunebench.reports.runs.run_standing import standing_of_runs

GIVEN = "conditional on one base model (mine.pt), no claim"


@pytest.fixture
def report(maker):
    """One base model."""
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,), seeds=(0,), latency=False)
    return make_report([maker.write()])


def with_model(report, model, *, claim=False):
    config = {"claim": claim, "model": model}
    return dataclasses.replace(report, runs=tuple(dataclasses.replace(r, config=config) for r in report.runs))


@pytest.mark.parametrize("claim", [False, True])
@pytest.mark.parametrize(
    "model", [{"checkpoint": "/home/me/mine.pt"}, [{"checkpoint": "C:\\models\\mine.pt", "network": "mn"}]]
)
def test_of_one_checkpoint_it_names_the_file_and_no_folder(report, model, claim):
    given = with_model(report, model, claim=claim)
    assert given.standing == GIVEN
    assert given.under_figures.endswith(GIVEN)
    assert said_standing(given) == "Conditional on one base model (mine.pt), no claim: a claim needs 6"


def test_a_base_model_that_was_trained_here_is_a_demonstration_or_too_few(report):
    assert with_model(report, {"width": 0.5}).standing == "demonstration, no claim"
    assert with_model(report, {}, claim=True).standing == "conditional on 1 base model, no claim"
    claiming = with_model(report, {}, claim=True).runs
    assert standing_of_runs(claiming, [6, 7], [5, 6]) == standing_of_runs(claiming, [6], []) == ""
    assert standing_of_runs(claiming, [6, 7], [5, 4]) == "tested at 4 budgets, no claim"
    assert standing_of_runs(claiming, [6], [1]) == "tested at 1 budget, no claim"
    assert standing_of_runs(claiming, [5], [4]) == "conditional on 5 base models, no claim"


def test_several_checkpoints_are_no_single_base_model(report):
    two = [{"checkpoint": "a.pt"}, {"checkpoint": "b.pt"}]
    assert with_model(report, two).standing == "demonstration, no claim"
