"""The smallest true difference that an interval excludes zero for in 80 % of experiments."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import scipy  # scipy.optimize loads at first use
from numpy.typing import NDArray
from scipy.special import chdtri, ndtr

from prunebench.reports.inference.interval import Variance, half_width

POWER = 0.80
_POINTS = 2000  # of the distribution of an estimated variance: the figure is then good to a thousandth


def detectable_difference(variance: Variance) -> float:
    r"""The difference :math:`\delta` with power 0.80 at 5 %, two-sided, where the variance is estimated anew each time.

    .. math::
        \mathrm{power}(\delta) = E\Bigl[ \Phi\Bigl(\frac{\delta - h(a)}{s}\Bigr)
        + \Phi\Bigl(\frac{-\delta - h(a)}{s}\Bigr) \Bigr], \qquad a \sim V \chi^2_\nu / \nu

    with V the variance that few repeats show, h the half width of the interval where it was estimated as a, and s the
    true standard error. Where base models are all of the variance this is the noncentral t.

    Args:
        variance: the true one.
    """
    error = variance.standard_error
    if not error > 0 or not math.isfinite(error):
        return 0.0 if error == 0 else math.nan
    estimated = np.array([variance.few])
    if math.isfinite(variance.freedom) and variance.few > 0:
        estimated = variance.few * _quantiles(variance.freedom) / variance.freedom
    half = half_width(estimated, variance)

    def lacking(size: float) -> float:
        found = ndtr((size - half) / error) + ndtr((-size - half) / error)
        return float(found.mean()) - POWER

    return float(scipy.optimize.brentq(lacking, 0.0, half.max() + 10 * error, xtol=1e-6 * error))


@lru_cache(maxsize=64)
def _quantiles(freedom: float) -> NDArray[np.float64]:
    """Of the chi-squared distribution, evenly spaced in probability from the highest down.

    They took half of the time of a report; most of its figures have one of a few degrees of freedom.
    """
    found = np.asarray(chdtri(freedom, (np.arange(_POINTS) + 0.5) / _POINTS))
    found.flags.writeable = False
    return found


def uncertainty(freedom: float) -> tuple[float, float]:
    """Factors that hold the true figure in 80 %, where the variance behind it has these degrees of freedom."""
    if not math.isfinite(freedom):
        return 1.0, 1.0
    low, high = (math.sqrt(freedom / float(chdtri(freedom, share))) for share in (0.1, 0.9))
    return low, high
