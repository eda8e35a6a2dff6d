"""Time of a graph of pieces on some workers, by hand."""

import pytest

from prunebench.harness.engine.makespan import makespan

NEEDS = {"base": (), "other": (), "a": ("base",), "b": ("base",), "c": ("base", "other"), "d": ("c",)}
SECONDS = {"base": 10.0, "other": 2.0, "a": 5.0, "b": 3.0, "c": 1.0, "d": 4.0}


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        (1, 25.0),  # all of them, one after the other
        (2, 18.0),  # base; then a and b; then c beside a, then d
        (3, 15.0),  # base; then a, b and c; d after c
        (100, 15.0),  # the longest chain of those that need each other
    ],
)
def test_the_time_by_hand(workers, expected):
    order = list(NEEDS).index
    assert makespan(NEEDS, SECONDS.__getitem__, order, workers) == expected


def test_a_lower_rank_goes_first():
    needs, seconds = {"long": (), "short": (), "after": ("long",)}, {"long": 5.0, "short": 1.0, "after": 5.0}
    assert makespan(needs, seconds.__getitem__, {"long": 0, "short": 1, "after": 1}.get, 1) == 11.0
    assert makespan(needs, seconds.__getitem__, {"long": 1, "short": 0, "after": 1}.get, 2) == 10.0
    assert makespan({}, seconds.__getitem__, {}.get, 2) == 0.0
