"""The power that a run truly has at the smallest detectable difference that it prints."""

import numpy as np
import pytest

from prunebench.reports.statistics.detectable import smallest_of

CRITERIA = 7
REGIMES = ("base models", "criterion × clip", "base × criterion × clip")
BEFORE = {3: ".68 / .58", 6: ".77 / .70", 12: ".78 / –"}


def power(made, regime, bases, runs):
    """Between two criteria and from random: how often a difference as large as one run prints is found in another."""
    rng, scores = np.random.default_rng([bases, REGIMES.index(regime)]), made.Scores()
    printed, between, chance = [], [], []
    for _ in range(runs):
        paired = made.experiment(rng, made.REGIMES[regime], bases, CRITERIA, scores)
        printed.append([s.difference for s in smallest_of(paired, range(CRITERIA + 1), CRITERIA)])
        pairs = [paired.difference(i, i + 1) for i in range(0, CRITERIA - 1, 2)]
        between.append([(d.mean, d.variance.half_width()) for d in pairs])
        randoms = [paired.difference(i, CRITERIA) for i in range(CRITERIA)]
        chance.append([(d.mean, d.variance.half_width()) for d in randoms])
    return [
        np.mean(
            [
                _found(size, other)
                for size, other in zip(sizes, np.roll(np.array(tests), 1, axis=0), strict=True)
            ]
        )
        for sizes, tests in zip(np.array(printed).T, (between, chance), strict=True)
    ]


def _found(size, tests):
    means, halves = tests.T
    return np.mean([np.abs(means + sign * size) > halves for sign in (-1, 1)])


@pytest.mark.statistics
@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("bases", [3, 6, 12])
def test_power_at_the_printed_figure(made, told, regime, bases):
    between, random = power(made, regime, bases, 4000)
    told(
        f"power, {bases:2} base models, {regime}: {between:.3f} between two criteria, {random:.3f} from random "
        f"(before: {BEFORE[bases]})"
    )
    assert 0.75 <= between <= 0.85
    assert bases < 6 or 0.75 <= random <= 0.85


def test_a_few_runs_of_the_same(made):
    between, random = power(made, "base models", 6, 60)
    assert 0.70 <= between <= 0.90
    assert 0.65 <= random <= 0.90
