r"""How well the median of interleaved rounds is known, autocorrelation included.

With :math:`x_1 \dots x_n` the logarithms of the values by round,

.. math:: h = t_{\max(n/f - 1,\, 2)}\, 1.2533\, s \sqrt{f / n}, \qquad f = \frac{1 + \rho}{1 - \rho}

where *s* is the interquartile range of *x* over 1.349, so that single outliers do not count, and *t* the 97.5 %
quantile of Student's distribution. :math:`\rho` is the autocorrelation at lag 1 of *x* clipped to three scaled median
absolute deviations around its median, corrected for its bias: :math:`(n \hat\rho + 1) / (n - 3)`, from 0 to 0.95.
A machine that is slow for several rounds in a row tells less in each of them, which *f* accounts for.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

LOOKS: Final = (40, 60, 90, 135, 200, 300, 400)
"""Rounds after which the precision is looked at; more looks, or earlier ones, would stop where it is good by chance."""

LEAST: Final = 4
"""The fewest rounds from which the autocorrelation, and so the precision, can be estimated."""

_QUARTILES = 1.349  # interquartile range of a normal distribution, in standard deviations
_DEVIATION = 1.4826  # standard deviation of a normal distribution, in median absolute deviations
_MEDIAN = 1.2533  # standard error of the median over that of the mean, sqrt(pi / 2)


def relative_precision(values: NDArray[np.float64]) -> float:
    """Half the 95 % interval of the median, relative to it.

    Args:
        values: (rounds,) positive, in the order in which they were taken; at least `LEAST`.
    """
    logs = np.log(values)
    low, high = np.quantile(logs, [0.25, 0.75])
    spread = (high - low) / _QUARTILES
    carried = autocorrelation(logs)
    inflation = (1 + carried) / (1 - carried)
    rounds = len(logs)
    quantile = stdtrit(max(rounds / inflation - 1, 2), 0.975)
    return float(quantile * _MEDIAN * spread * math.sqrt(inflation / rounds))


def autocorrelation(values: NDArray[np.float64]) -> float:
    """Of neighbours in a series, robust to outliers and corrected for its bias; from 0 to 0.95."""
    median = np.median(values)
    reach = 3 * _DEVIATION * np.median(np.abs(values - median))
    moved = np.clip(values, median - reach, median + reach)
    moved = moved - moved.mean()
    square = float(moved @ moved)
    if square == 0:
        return 0.0
    found, rounds = float(moved[1:] @ moved[:-1]) / square, len(values)
    return min(0.95, max(0.0, (rounds * found + 1) / (rounds - 3)))


def is_look(rounds: int) -> bool:
    """Whether the precision is checked after so many rounds: at `LOOKS`, then each time after half as many more."""
    last = LOOKS[-1]
    while last < rounds:
        last += last // 2
    return rounds in LOOKS or rounds == last


def rounds_needed(rounds: int, found: float, wanted: float) -> int:
    """About how many rounds would reach a precision: the half width falls with the root of their number."""
    return math.ceil(rounds * (found / wanted) ** 2)
