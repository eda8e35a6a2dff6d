import pytest

from prunebench.harness.cells.outcome import Outcome
from prunebench.harness.sweep.rates import best_rate


class Job:
    def __init__(self, identity):
        self.identity = identity


def outcome(identity, value):
    stages = {"fine-tuned": {"validation_map": value, "test_map": 1 - value}}
    return Outcome(identity, (1,) * 12, stages, {}, {})


JOBS = {3e-3: (Job("a"), Job("b")), 1e-3: (Job("c"), Job("d"))}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"a": 0.6, "b": 0.4, "c": 0.4, "d": 0.5}, 3e-3),
        ({"a": 0.5, "b": 0.4, "c": 0.4, "d": 0.5}, 1e-3),  # of equal ones the smaller
        ({"a": 0.9, "c": 0.1, "d": 0.1}, 1e-3),  # a trial that diverged puts its rate out
    ],
)
def test_best_mean_on_validation_clips(values, expected):
    assert (
        best_rate(JOBS, {key: outcome(key, value) for key, value in values.items()}, "fine-tuned") == expected
    )


def test_no_rate_left():
    with pytest.raises(KeyError, match="a"):
        best_rate(JOBS, {"c": outcome("c", 0.5)}, "fine-tuned")
