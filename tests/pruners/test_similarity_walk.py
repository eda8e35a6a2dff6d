"""The walk over similar pairs against a walk that looks at every pair at every step."""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.pruners.similarity_walk import UNITS, order_of_leaving, rounded


def slow_order(similarity, strength, support=None) -> list[int]:
    """Of the most alike whole pair the weaker goes; equal pairs by the weaker, then by the stronger."""
    whole, order, strength = list(range(len(strength))), [], [int(s) for s in strength]
    while len(whole) > 1:
        keys = [(s, -i) for i, s in enumerate(strength)]

        def place(pair, keys=keys):
            weaker, stronger = sorted(keys[i] for i in pair)
            return -similarity[pair], weaker, stronger

        leaver = min(min(combinations(whole, 2), key=place), key=keys.__getitem__)
        whole.remove(leaver)
        order.append(leaver)
        if support is not None:
            strength = [s - int(lost) for s, lost in zip(strength, support[leaver], strict=True)]
    return order + whole


@st.composite
def similarities(draw: st.DrawFn) -> np.ndarray:
    n = draw(st.integers(1, 9))
    values = draw(st.sampled_from([2, 5, UNITS]))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    upper = np.triu(rng.integers(0, values + 1, (n, n)), 1)
    return (upper + upper.T + np.diag(np.full(n, UNITS))).astype(np.int32)


@settings(max_examples=200, deadline=None)
@given(similarities(), st.integers(0, 2**31), st.sampled_from([1, 3, 1000]))
def test_walk_with_strengths_that_stay(similarity, seed, values):
    strength = np.random.default_rng(seed).integers(0, values, len(similarity))
    assert order_of_leaving(similarity, strength).tolist() == slow_order(similarity, strength)


@settings(max_examples=200, deadline=None)
@given(similarities())
def test_walk_with_strengths_that_fall(similarity):
    distance = (UNITS - similarity).astype(np.int32)
    strength = distance.sum(1, dtype=np.int64)
    found = order_of_leaving(similarity, strength, distance)
    assert found.tolist() == slow_order(similarity, strength, distance)


def test_walk_leaves_its_input_alone():
    similarity = np.full((4, 4), 7, dtype=np.int32)
    strength, distance = np.arange(4), np.ones((4, 4), dtype=np.int32)
    order_of_leaving(similarity, strength, distance)
    assert (similarity == 7).all()
    assert strength.tolist() == [0, 1, 2, 3]


def test_sums_of_distances_of_wide_layers_do_not_overflow():
    n = 3000
    distance = np.full((n, n), 2 * UNITS, dtype=np.int32)
    np.fill_diagonal(distance, 0)
    order = order_of_leaving(-UNITS + 0 * distance, distance.sum(1, dtype=np.int64), distance)
    assert order.tolist() == list(range(n - 1, -1, -1))


def test_rounding_is_to_six_places():
    assert rounded(np.array([0.1234564, 0.1234566, 1 - 1e-12, -1.0])).tolist() == [
        123456,
        123457,
        UNITS,
        -UNITS,
    ]


def test_2048_filters_take_a_walk_and_not_all_pairs():
    """Beside a loop over 2.1 million pairs, in one run; also where all pairs are equal."""
    n = 2048
    rng = np.random.default_rng(0)
    random = rng.integers(0, UNITS, (n, n)).astype(np.int32)
    started = time.process_time()
    for _ in combinations(range(n), 2):
        pass
    empty_loop = time.process_time() - started
    for similarity in (np.maximum(random, random.T), np.full((n, n), UNITS, dtype=np.int32)):
        started = time.process_time()
        order = order_of_leaving(similarity, np.arange(n, 0, -1))
        assert time.process_time() - started < 5 * empty_loop
        assert sorted(order.tolist()) == list(range(n))
