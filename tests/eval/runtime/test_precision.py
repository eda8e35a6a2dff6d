"""How well a median of rounds is known."""

import math

import numpy as np
import pytest
from scipy.stats import t

from prunebench.eval.runtime.precision import (
    LOOKS,
    autocorrelation,
    is_look,
    relative_precision,
    rounds_needed,
)

RATIOS = np.array([0.50, 0.51, 0.49, 0.50, 0.52, 0.52, 0.51, 0.50, 0.49, 0.48, 0.50, 0.51])


def test_the_worked_example():
    assert autocorrelation(np.log(RATIOS)) == pytest.approx(0.635412, abs=5e-7)
    assert np.median(RATIOS) == 0.5
    assert relative_precision(RATIOS) == pytest.approx(0.060741, abs=5e-7)


@pytest.mark.parametrize("seed", range(5))
def test_the_half_width_is_that_of_its_definition(seed):
    draw = np.random.default_rng(seed)
    values = np.exp(0.05 * np.cumsum(draw.normal(size=50)) * draw.random() + 0.1 * draw.normal(size=50))
    logs = sorted(math.log(value) for value in values)

    def quantile(share):
        place = share * 49
        below = int(place)
        return logs[below] + (place - below) * (logs[min(below + 1, 49)] - logs[below])

    median = quantile(0.5)
    deviations = sorted(abs(value - median) for value in logs)
    reach = 3 * 1.4826 * (deviations[24] + deviations[25]) / 2
    series = [min(max(math.log(value), median - reach), median + reach) for value in values]
    mean = sum(series) / 50
    lagged = sum((series[i] - mean) * (series[i + 1] - mean) for i in range(49))
    found = lagged / sum((value - mean) ** 2 for value in series)
    rho = min(0.95, max(0, (50 * found + 1) / 47))
    factor = (1 + rho) / (1 - rho)
    spread = (quantile(0.75) - quantile(0.25)) / 1.349
    half = t.ppf(0.975, max(50 / factor - 1, 2)) * 1.2533 * spread * math.sqrt(factor / 50)
    assert autocorrelation(np.log(values)) == pytest.approx(rho, abs=1e-9)
    assert relative_precision(values) == pytest.approx(half, rel=1e-9)


def test_ratios_that_are_all_the_same_are_known_exactly():
    assert relative_precision(np.ones(40)) == 0
    assert autocorrelation(np.ones(40)) == 0
    assert autocorrelation(np.zeros(40)) == 0


def test_an_outlier_hides_no_autocorrelation():
    wave = np.repeat([0.0, 0.1, 0.0, 0.1, 0.0, 0.1], 10) + 0.001 * np.arange(60)
    spiked = wave.copy()
    spiked[7] = 50.0
    assert np.corrcoef(spiked[1:], spiked[:-1])[0, 1] < 0
    assert autocorrelation(spiked) > 0.4


def test_slow_drift_makes_the_same_values_less_well_known():
    draw = np.random.default_rng(0)
    values = np.exp(0.05 * draw.normal(size=60))
    assert relative_precision(np.sort(values)) > 3 * relative_precision(values)


def test_the_precision_is_looked_at_seldom():
    looked = [rounds for rounds in range(1, 1000) if is_look(rounds)]
    assert looked == [*LOOKS, 600, 900]
    assert LOOKS == (40, 60, 90, 135, 200, 300, 400)


def test_four_times_the_rounds_for_half_the_width():
    assert rounds_needed(40, 0.04, 0.02) == 160
