"""Bias of values between measured points of concave curves."""

import numpy as np
import pytest

from prunebench.reports.inference.between_points import between

MEASURED = np.array([0, 0.1, 0.25, 0.5, 0.75, 0.9])
ASKED = {0.05: "", 0.175: "", 0.375: "−.004", 0.625: "−.020", 0.825: "−.032"}


def curve(rng):
    """mAP over the share removed: a power or a logistic drop, concave up to 0.9 as measured curves are."""
    top, drop = rng.uniform(0.4, 0.8), rng.uniform(0.3, 0.9)
    if rng.random() < 0.5:
        power = rng.uniform(1.5, 6)
        return lambda x: top * (1 - drop * x**power)
    middle, width = rng.uniform(0.85, 1.1), rng.uniform(0.08, 0.25)
    return lambda x: top * (1 - drop / (1 + np.exp((middle - x) / width)))


def biases(runs):
    """Of the cubic and of the straight line, by place, (places,)."""
    rng, errors = np.random.default_rng(0), []
    for _ in range(runs):
        truth = curve(rng)
        quality = truth(MEASURED)
        cubic = [between(MEASURED, quality, x)[0] - truth(x) for x in ASKED]
        line = [np.interp(x, MEASURED, quality) - truth(x) for x in ASKED]
        errors.append([cubic, line])
    return np.mean(errors, axis=0)


@pytest.mark.statistics
def test_bias_between_measured_points(told):
    cubic, line = biases(1500)
    for place, one, other in zip(ASKED, cubic, line, strict=True):
        before = f", on a run's own curve {ASKED[place]}" * bool(ASKED[place])
        told(f"bias at {place:.1%} removed: {one:+.4f} (straight line: {other:+.4f}{before})")
    assert np.abs(cubic).max() < 0.006
    assert line.min() < -0.006


def test_a_few_curves_of_the_same():
    cubic, line = biases(60)
    assert np.abs(cubic).max() < 0.008
    assert np.abs(cubic).max() < np.abs(line).max()
