"""How far mean average precision moved: the estimators, against their definitions and worked figures."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t

from prunebench.baselines import MeanChange, paired_change, unpaired_change
from prunebench.eval import InputError


@pytest.mark.parametrize(("freedom", "half"), [(2, 0.029234), (10, 0.018639)])
def test_the_worked_half_widths(freedom: int, half: float) -> None:
    assert MeanChange(0.0, 1e-4, freedom, 1e-5, 24).half_width(0.05) == pytest.approx(half, abs=5e-7)


def test_limits_are_as_far_below_as_above() -> None:
    low, high = MeanChange(0.01, 1e-4, 2, 1e-5, 24).bounds(0.05)
    assert (low, high) == pytest.approx((0.01 - 0.029234, 0.01 + 0.029234), abs=5e-7)


def parts(table: list[list[float]]) -> tuple[float, list[float], list[float], float]:
    """Grand mean, means of units, means of classes, sum of squares of the interaction: slowly."""
    units, classes = len(table), len(table[0])
    mean = sum(map(sum, table)) / units / classes
    of_units = [sum(row) / classes for row in table]
    of_classes = [sum(row[k] for row in table) / units for k in range(classes)]
    left = sum(
        (table[s][k] - of_units[s] - of_classes[k] + mean) ** 2 for s in range(units) for k in range(classes)
    )
    return mean, of_units, of_classes, left


def variance(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


tables = arrays(np.float64, st.tuples(st.integers(2, 4), st.integers(2, 5)), elements=st.floats(0, 1))


@given(tables, st.integers(0, 9))
def test_the_paired_change_is_that_of_its_definition(before: np.ndarray, seed: int) -> None:
    after = np.random.default_rng(seed).random(before.shape)
    units, classes = before.shape
    moved = [[float(after[s][k] - before[s][k]) for k in range(classes)] for s in range(units)]
    mean, of_units, of_classes, left = parts(moved)
    between = variance(of_units) / units
    over = max(variance(of_classes) / classes - left / ((units - 1) * (classes - 1)) / (units * classes), 0)
    m = 1 + 1.3 / (units - 1)
    half = ((t.ppf(0.95, units - 1) ** 2 * between) ** m + (t.ppf(0.95, classes - 1) ** 2 * over) ** m) ** (
        1 / (2 * m)
    )
    found = paired_change(before, after)
    assert found.mean == pytest.approx(mean, abs=1e-12)
    assert (found.freedom, found.classes) == (units - 1, classes)
    assert found.half_width(0.05) == pytest.approx(half, rel=1e-6, abs=1e-9)


@given(tables, st.integers(1, 4), st.integers(0, 9), st.sampled_from([(0.0, 0), (0.01, 5)]))
def test_the_unpaired_change_is_that_of_its_definition(
    before: np.ndarray, bases: int, seed: int, known: tuple[float, int]
) -> None:
    after = np.random.default_rng(seed).random((bases, before.shape[1]))
    (old, old_units, old_classes, old_left), (new, new_units, new_classes, new_left) = (
        parts(side.tolist()) for side in (before, after)
    )
    spread, freedom = known
    squares = sum((value - old) ** 2 for value in old_units) + sum((value - new) ** 2 for value in new_units)
    own, shares, classes = len(before) + bases - 2, 1 / len(before) + 1 / bases, before.shape[1]
    between = shares * (squares + freedom * spread) / (own + freedom)
    moved = [b - a for a, b in zip(old_classes, new_classes, strict=True)]
    interaction = (old_left + new_left) / (own * (classes - 1))
    over = max(variance(moved) / classes - interaction * shares / classes, 0)
    found = unpaired_change(before, after, variance=spread, freedom=freedom)
    assert found.mean == pytest.approx(new - old, abs=1e-12)
    assert found.freedom == own + freedom
    assert found.between == pytest.approx(between, rel=1e-9, abs=1e-12)
    assert found.over_classes == pytest.approx(over, rel=1e-6, abs=1e-12)


def test_a_single_unit_leaves_the_classes() -> None:
    found = paired_change([[0.5, 0.5, 0.5]], [[0.5, 0.6, 0.4]])
    assert (found.between, found.freedom) == (0, math.inf)
    assert found.over_classes == pytest.approx(0.01 / 3)
    assert found.half_width(0.05) == pytest.approx(t.ppf(0.95, 2) * math.sqrt(0.01 / 3))


def test_a_single_unit_and_class_tell_nothing() -> None:
    assert all(math.isnan(limit) for limit in paired_change([[0.5]], [[0.4]]).bounds(0.05))


def test_one_base_model_on_each_side_shows_no_spread_and_takes_that_of_others() -> None:
    sides = ([[0.5, 0.6, 0.7]], [[0.4, 0.5, 0.7]])
    assert math.isnan(unpaired_change(*sides).half_width(0.05))
    found = unpaired_change(*sides, variance=1e-4, freedom=5)
    assert (found.between, found.freedom) == (pytest.approx(2e-4), 5)
    assert found.half_width(0.05) > t.ppf(0.95, 5) * math.sqrt(2e-4)


def test_no_change_at_all_has_no_width() -> None:
    table = [[0.5, 0.6], [0.7, 0.8]]
    assert paired_change(table, table).bounds(0.05) == (0, 0)


@pytest.mark.parametrize(
    "pair", [([[0.5]], [[0.5, 0.5]]), ([0.5], [0.5]), ([[]], [[]]), ([[0.5]], [[math.nan]])]
)
def test_tables_that_do_not_fit_are_refused(pair: tuple[Any, Any]) -> None:
    for change in (paired_change, unpaired_change):
        with pytest.raises(InputError, match=r"must (be|have the)"):
            change(*pair)
