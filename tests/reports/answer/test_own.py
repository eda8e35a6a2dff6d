"""A criterion that does not come with the package is named in the answer, whatever became of it."""

import pytest

from prunebench.reports import make_report
from prunebench.reports.answer.answer import said_answer


def verdict(maker, criteria):
    """The first sentence on one base model that lost half of the filters."""
    maker.clips = 80
    maker.grid(criteria=criteria, ratios=(0.5,))
    return said_answer(make_report([maker.write()]))[0].replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (1.5, "; mine is not distinguishable from random."),
        (3.5, "; mine looks worse than random."),
        (0.8, "; mine looks better than random."),
    ],
)
def test_a_criterion_of_ones_own_is_named_where_the_verdict_does_not(maker, own, said):
    better = {"l1": 0.2, "l2": 0.22, "taylor": 0.24, "obd": 0.25, "hrank": 0.3}
    worse = {"chip": 3.0, "apoz": 3.2, "entropy": 3.4}
    assert verdict(maker, {**better, **worse, "mine": own, "random": 1.5}).endswith(said)


def test_criteria_of_the_package_are_no_ones_own(maker):
    losses = dict.fromkeys(
        ("l1", "operator_norm[centre=false]", "tp:magnitude", "operator_norm_released"), 1.5
    )
    assert "distinguishable" not in verdict(maker, {**losses, "random": 1.5})
