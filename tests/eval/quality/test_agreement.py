"""Agreement of two criteria, re-derived by counting pairs and ranks."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.eval.quality.agreement import kendall_tau, overlap, spearman_rho

# Few values, so that ties are common.
scores = st.integers(2, 12).flatmap(lambda n: st.lists(st.integers(0, 5), min_size=n, max_size=n))
pairs = st.integers(2, 12).flatmap(
    lambda n: st.tuples(*2 * [st.lists(st.integers(0, 5), min_size=n, max_size=n)])
)


def slow_tau(a: list[int], b: list[int]) -> float:
    alike = otherwise = tied_a = tied_b = 0
    for i, j in itertools.combinations(range(len(a)), 2):
        sign = (a[i] - a[j]) * (b[i] - b[j])
        alike += sign > 0
        otherwise += sign < 0
        tied_a += a[i] == a[j] and b[i] != b[j]
        tied_b += b[i] == b[j] and a[i] != a[j]
    size = math.sqrt((alike + otherwise + tied_a) * (alike + otherwise + tied_b))
    return (alike - otherwise) / size if size else math.nan


def mean_ranks(values: list[int]) -> list[float]:
    return [sum(w < v for w in values) + (sum(w == v for w in values) + 1) / 2 for v in values]


def slow_rho(a: list[int], b: list[int]) -> float:
    x, y = np.array(mean_ranks(a)), np.array(mean_ranks(b))
    x, y = x - x.mean(), y - y.mean()
    size = math.sqrt((x @ x) * (y @ y))
    return float(x @ y / size) if size else math.nan


@settings(deadline=None)
@given(pairs)
def test_rank_correlations_follow_their_definitions(two: tuple[list[int], list[int]]) -> None:
    a, b = two
    assert kendall_tau(a, b) == pytest.approx(slow_tau(a, b), abs=1e-12, nan_ok=True)
    assert spearman_rho(a, b) == pytest.approx(slow_rho(a, b), abs=1e-12, nan_ok=True)


def test_by_hand() -> None:
    assert kendall_tau([1, 2, 3, 4], [1, 3, 2, 4]) == pytest.approx(4 / 6)
    assert spearman_rho([1, 2, 3, 4], [1, 3, 2, 4]) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert kendall_tau([1, 2, 3], [30, 20, 10]) == spearman_rho([1, 2, 3], [30, 20, 10]) == -1
    assert overlap((0, 1, 2), (2, 1, 5)) == pytest.approx(2 / 3)


def test_only_the_order_matters() -> None:
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=(2, 40))
    assert kendall_tau(np.exp(a), b * 1e-9) == kendall_tau(a, b)
    assert spearman_rho(np.exp(a), b * 1e-9) == pytest.approx(spearman_rho(a, b))


@pytest.mark.parametrize("measure", [kendall_tau, spearman_rho])
def test_undefined_where_all_are_alike(measure) -> None:
    assert math.isnan(measure([1, 1, 1], [1, 2, 3]))
    assert math.isnan(measure([1], [2]))
    with pytest.raises(ValueError, match=r"the same shape, \(filters,\)\. Found shapes \(2,\) and \(3,\)"):
        measure([1, 2], [1, 2, 3])


def test_overlap_at_its_ends() -> None:
    assert overlap({1, 2}, {2, 1}) == 1
    assert overlap({1, 2}, {3, 4}) == 0
    assert math.isnan(overlap((), ()))
    with pytest.raises(ValueError, match=r"two sets of the same size\. Found 1 and 2 filters"):
        overlap({1}, {1, 2})
