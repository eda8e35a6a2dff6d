"""Scores against latency: against every combination of tiny cases."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.eval.errors import InputError
from prunebench.harness.budget.allocation import Global, Knapsack, parse_allocation
from prunebench.harness.budget.counts import counts_along
from prunebench.harness.budget.knapsack import best_choice, knapsack_counts
from prunebench.harness.budget.target import BudgetPoint
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layer_times import Axis, LayerTimes, ModelTimes

LAYERS = ("C7", "C8", "C9")
KIND = "latency_eager"


def timed(widths, slopes, whole_ms=10.0):
    """C7, C8 and C9 each take time in proportion to their filters and to those of the layer before."""
    full = (1,) * 6 + tuple(widths) + (1,) * 3
    layers = []
    for place, slope in zip((6, 7, 8), slopes, strict=True):
        before = () if place == 6 else (Axis(full[place - 1], ((place - 1, 1),)),)
        layers.append(LayerTimes((*before, Axis(full[place], ((place, 1),))), (0.0, 1.0), (0.0, slope)))
    return Architecture(full, 2, 3, times=ModelTimes("eager", whole_ms, tuple(layers)))


def every_choice(values, costs, most):
    """The highest value of all combinations whose costs fit."""
    options = itertools.product(*(range(len(of)) for of in values))
    fitting = [c for c in options if sum(of[i] for of, i in zip(costs, c, strict=True)) <= most + 1e-9]
    return max(sum(of[i] for of, i in zip(values, c, strict=True)) for c in fitting)


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_no_combination_is_worth_more(data):
    sizes = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    number = st.integers(0, 1000)
    values = [data.draw(st.lists(number, min_size=n, max_size=n)) for n in sizes]
    costs = [sorted(data.draw(st.lists(number, min_size=n, max_size=n))) for n in sizes]
    most = sum(of[0] for of in costs) + data.draw(number)
    chosen = best_choice(values, costs, most)
    assert sum(of[i] for of, i in zip(costs, chosen, strict=True)) <= most + 1e-3
    worth = sum(of[i] for of, i in zip(values, chosen, strict=True))
    assert worth == pytest.approx(every_choice(values, costs, most), rel=1e-5)


def test_the_layer_whose_filters_take_longest_loses_them():
    """Equal scores, and only C9 is slow: C9 shrinks, or what it reads; half of one saves what was asked for."""
    model = timed((16, 16, 16), (0.1, 0.1, 8.0))
    scores = {layer: np.ones(16) for layer in LAYERS}
    counts = knapsack_counts(Knapsack(), scores, BudgetPoint(KIND, 0.6), model)
    assert counts[0] == 0
    assert 8 <= counts[1] + counts[2] <= 10
    assert model.share(KIND, model.without(LAYERS, counts)) <= 0.6


def test_filters_of_high_scores_stay_where_time_is_equal():
    model = timed((16, 16, 16), (2.0, 0.0, 0.0))
    high = {"C7": np.r_[np.zeros(8), np.ones(8)], "C8": np.ones(16), "C9": np.ones(16)}
    counts = knapsack_counts(Knapsack(normalise="none"), high, BudgetPoint(KIND, 0.9), model)
    assert counts == (8, 0, 0)


@given(st.integers(0, 100), st.floats(0.45, 0.95))
@settings(max_examples=4, deadline=None)
def test_the_target_is_met_and_more_is_kept_than_under_global(seed, target):
    rng = np.random.default_rng(seed)
    model = timed((24, 32, 40), (1.0, 3.0, 4.0))
    scores = {layer: rng.gamma(1.0, size=n) for layer, n in zip(LAYERS, (24, 32, 40), strict=True)}
    point, knapsack = BudgetPoint(KIND, target), Knapsack(normalise="none", steps=24)
    counts = knapsack_counts(knapsack, scores, point, model)
    share = model.share(KIND, model.without(LAYERS, counts))
    assert target * 0.97 <= share <= target
    order = Global(normalise="none")
    other = counts_along(order.order(scores), point, model, LAYERS, order.keeps, exact=False)
    worth = [
        sum(np.sort(s)[n:].sum() for s, n in zip(scores.values(), c, strict=True)) for c in (counts, other)
    ]
    assert worth[0] >= 0.97 * worth[1]


def test_a_reversed_control_meets_its_target_too():
    model = timed((24, 32, 40), (1.0, 3.0, 4.0))
    scores = {layer: -np.arange(1.0, n + 1) for layer, n in zip(LAYERS, (24, 32, 40), strict=True)}
    counts = knapsack_counts(Knapsack(steps=20), scores, BudgetPoint(KIND, 0.7), model)
    assert 0.68 <= model.share(KIND, model.without(LAYERS, counts)) <= 0.7


def test_floors_and_divisors_hold():
    model = timed((24, 32, 40), (1.0, 3.0, 4.0))
    divided = Architecture(model.widths, 2, 3, divisors=(1,) * 6 + (8, 8, 8) + (1,) * 3, times=model.times)
    scores = {layer: np.ones(n) for layer, n in zip(LAYERS, (24, 32, 40), strict=True)}
    counts = knapsack_counts(Knapsack(floor=0.5), scores, BudgetPoint(KIND, 0.5), divided)
    left = [n - c for n, c in zip((24, 32, 40), counts, strict=True)]
    assert all(n % 8 == 0 for n in left)
    assert all(n >= f / 2 for n, f in zip(left, (24, 32, 40), strict=True))


def test_its_label_is_read_and_wrong_steps_are_refused():
    assert parse_allocation("latency[floor=0.1,steps=8]") == Knapsack(floor=0.1, steps=8)
    with pytest.raises(InputError, match="`steps` of allocation `latency` must be an integer from 2 to 256"):
        Knapsack(steps=1)
