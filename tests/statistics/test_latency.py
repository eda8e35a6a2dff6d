"""Coverage of a latency ratio's interval under noise with a known truth, by the product's own rule for stopping.

Seconds are log-normal around the truth, independent from round to round or carried over (AR 0.7), of the reference
and of every shape alike. The rounds end at the first look after which all ratios are known to 2 %.
"""

import itertools

import numpy as np
import pytest

from prunebench.eval.runtime.latency import precise
from prunebench.eval.runtime.precision import LOOKS, relative_precision

RATIO, PRECISION = 0.6, 0.02


def seconds(draw, shapes, noise, carried):
    """(rounds, 1 + shapes), the reference first."""
    steps = draw.normal(size=(LOOKS[-1], shapes + 1))
    for earlier, now in itertools.pairwise(steps):
        now *= np.sqrt(1 - carried**2)
        now += carried * earlier
    return np.exp(noise * steps) * np.array([1.0, *[RATIO] * shapes])


def one_run(draw, shapes, noise, carried):
    """Whether each interval holds the truth, the rounds that were made, the half widths."""
    timed, references = seconds(draw, shapes, noise, carried), [0] * (shapes + 1)
    rounds = next((look for look in LOOKS if precise(timed[:look], references, PRECISION)), LOOKS[-1])
    ratios = timed[:rounds, 1:] / timed[:rounds, :1]
    half = np.array([relative_precision(column) for column in ratios.T])
    return np.abs(np.log(np.median(ratios, axis=0) / RATIO)) <= half, rounds, half


def simulated(runs, shapes, noise, carried):
    draw = np.random.default_rng([shapes, round(1000 * noise), round(10 * carried)])
    covered, rounds, half = zip(*(one_run(draw, shapes, noise, carried) for _ in range(runs)), strict=True)
    return np.mean(covered), np.mean(rounds), np.mean(half)


CASES = [
    (shapes, noise, carried) for carried in (0.0, 0.7) for shapes in (2, 5, 16) for noise in (0.03, 0.06)
]
BEFORE = {(2, 0.03, 0.0): "0.83", (5, 0.03, 0.0): "0.92", (16, 0.03, 0.0): "0.93", (2, 0.03, 0.7): "0.49"}


@pytest.mark.statistics
@pytest.mark.parametrize("case", CASES, ids=str)
def test_intervals_cover_the_truth(case, capsys):
    covered, rounds, half = simulated(1500, *case)
    shapes, noise, carried = case
    with capsys.disabled():
        print(
            f"\nlatency: {shapes} shapes, noise {noise:.0%}, AR {carried:g}: coverage {covered:.3f} "
            f"(before: {BEFORE.get(case, 'not simulated')}), {rounds:.0f} rounds, half width {half:.2%}"
        )
    assert covered >= (0.90 if carried else 0.93)


@pytest.mark.parametrize(("carried", "least"), [(0.0, 0.93), (0.7, 0.90)])
def test_a_few_runs_of_the_same(carried, least):
    covered, rounds, half = simulated(200, 2, 0.03, carried)
    assert covered >= least
    assert LOOKS[0] <= rounds < LOOKS[-1]
    assert half <= PRECISION


def test_neighbours_that_are_taken_for_independent_would_not_cover():
    """The simulation can tell: with the autocorrelation left out its intervals hold the truth far too seldom."""
    draw = np.random.default_rng(0)
    held = []
    for _ in range(200):
        ratios = np.divide(*seconds(draw, 1, 0.03, 0.7)[:40].T[::-1])
        low, high = np.quantile(ratios, [0.25, 0.75])
        naive = 1.96 * 1.2533 * (high - low) / 1.349 / np.sqrt(40)
        held.append(abs(np.median(ratios) - RATIO) <= naive)
    assert np.mean(held) < 0.75
