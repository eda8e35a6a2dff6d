"""Means of criteria over units, and contrasts between them, from units and clips drawn together.

A unit is a base model or, where there is one only, a fine-tuning seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr, stdtrit

from prunebench.reports.runs.clips import Floats

SEED = 20_260_101  # of the draws of units: the same for all criteria, so that differences are paired


@dataclass(frozen=True)
class Contrast:
    """A mean or a difference, in mAP.

    Args:
        value: the estimate.
        standard_error: nan where clips were not kept.
        freedom: degrees of freedom, by Welch and Satterthwaite.
    """

    value: float
    standard_error: float
    freedom: float

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, (nan, nan) without a standard error."""
        half = float(stdtrit(self.freedom, 0.975)) * self.standard_error
        return self.value - half, self.value + half

    @property
    def p(self) -> float:
        """Two-sided, of no difference; nan without a standard error."""
        if math.isnan(self.standard_error):
            return math.nan
        if self.standard_error == 0:
            return 1.0 if self.value == 0 else 0.0
        return 2 * float(stdtr(self.freedom, -abs(self.value) / self.standard_error))


class Draws:
    r"""Criteria on the same units and clips, and both drawn anew.

    Draw r takes resample r of the clips and as many units as there are, with replacement, the same for every
    criterion:

    .. math:: V_r = \bar v_r + \sqrt{\tfrac{B}{B-1}} (\bar v_r^{*} - \bar v_r)

    where :math:`\bar v_r` is the mean over all B units on that resample and :math:`\bar v_r^{*}` that over
    the drawn ones; the factor undoes the narrowness of a bootstrap of few (Hesterberg, *What Teachers Should Know
    About the Bootstrap*, 2015). With one unit only the clips are drawn.

    Args:
        means: (criteria, units).
        resampled: (criteria, units, resamples), `None` where a cell has no clip scores.
    """

    def __init__(self, means: Floats, resampled: Floats | None) -> None:
        self.means = means
        self.centre: Floats = means.mean(axis=1) if means.size else np.empty(0)
        self.values: Floats | None = None
        if resampled is not None:
            units, resamples = resampled.shape[1:]
            whole = resampled.mean(axis=1)
            self.values = whole
            if units > 1:
                drawn = np.random.default_rng(SEED).integers(0, units, size=(resamples, units))
                weights = (drawn[:, :, None] == np.arange(units)).mean(axis=1)
                part = np.einsum("cbr,rb->cr", resampled, weights)
                self.values = whole + math.sqrt(units / (units - 1)) * (part - whole)

    @property
    def units(self) -> int:
        """How many units every criterion has."""
        return int(self.means.shape[1])

    def mean(self, index: int) -> Contrast:
        """The mean of a criterion."""
        return self._contrast(self.means[index], None if self.values is None else self.values[index])

    def difference(self, one: int, other: int) -> Contrast:
        """The paired difference of two criteria."""
        values = None if self.values is None else self.values[one] - self.values[other]
        return self._contrast(self.means[one] - self.means[other], values)

    def _contrast(self, per_unit: Floats, values: Floats | None) -> Contrast:
        error = math.nan if values is None else float(np.std(values, ddof=1))
        units = float(np.var(per_unit, ddof=1)) / len(per_unit) if len(per_unit) > 1 else 0.0
        freedom = math.inf
        if units > 0 and error > 0:
            freedom = (len(per_unit) - 1) * max(1.0, error**2 / units) ** 2
        return Contrast(float(per_unit.mean()), error, freedom)

    def first(self) -> NDArray[np.float64]:
        """Share of the draws in which each criterion is highest, ties split; nan without clip scores."""
        if self.values is None:
            return np.full(len(self.centre), math.nan)
        # The draws are centred on the plain estimates: resampled clips repeat, which shifts all mAP alike.
        values = self.values - self.values.mean(axis=1, keepdims=True) + self.centre[:, None]
        highest = values == values.max(axis=0)
        shares: NDArray[np.float64] = (highest / highest.sum(axis=0)).mean(axis=1)
        return shares

    def detectable(self) -> float:
        """True difference found at 5 % in 80 % of such runs, by the median standard error over pairs; or nan."""
        count = len(self.centre)
        if self.values is None or count < 2:
            return math.nan
        found = [self.difference(i, j) for i in range(count) for j in range(i)]
        error = float(np.median([c.standard_error for c in found]))
        freedom = float(np.median([c.freedom for c in found]))
        quantiles = (
            (float(stdtrit(freedom, 0.975)) + float(stdtrit(freedom, 0.80)))
            if math.isfinite(freedom)
            else float(ndtri(0.975) + ndtri(0.80))
        )
        return quantiles * error


def holm(values: Sequence[float]) -> list[float]:
    """P values corrected for their number by Holm's step-down method (1979); nan stays and does not count."""
    order = sorted((i for i, p in enumerate(values) if not math.isnan(p)), key=lambda i: values[i])
    corrected = [math.nan] * len(values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * values[index]))
        corrected[index] = highest
    return corrected
