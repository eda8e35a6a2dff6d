r"""A paired difference and its 95 % interval, from few base models and many clips.

The variance of a mean over B base models has a part :math:`V_b` that B models show and a part r that the clips show
beside it. Few models know their part badly and clips know theirs well, so the two widths are joined at their own
degrees of freedom:

.. math::
    h = \bigl[ (t_{\nu}^2 V_b)^m + (z^2 r)^m \bigr]^{1 / 2m}, \qquad m = 1 + 1.3 / \nu

With one quantile for both, at the degrees of freedom of Satterthwaite, two models would cover too rarely: where their
variance is small by chance, the degrees of freedom grow without bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # scipy.optimize loads at first use
from scipy.special import stdtrit

LEVEL = 0.95


@dataclass(frozen=True)
class Variance:
    r"""The variance of an estimate, part by part, each with what knows it.

    Args:
        few: of what was repeated least, at least 0: base models, or with one base model what repeats there.
        freedom: its degrees of freedom.
        clips: of the clips, without what `few` and `many` hold already, at least 0.
        many: of a second kind of repeat, which more degrees of freedom know.
        many_freedom: these.
    """

    few: float
    freedom: float
    clips: float
    many: float = 0.0
    many_freedom: float = math.inf

    @property
    def standard_error(self) -> float:
        """The root of the sum."""
        return math.sqrt(self.few + self.many + self.clips)

    def half_width(self, level: float = LEVEL) -> float:
        """Half the width of the two-sided interval at a level."""
        return float(half_width(self.few, self, level))


def half_width(few: float | np.ndarray, other: Variance, level: float = LEVEL) -> np.ndarray:
    """The half width where `few` was estimated as given, the other parts as in `other`."""
    upper = (1 + level) / 2
    power = 1 + 1.3 / other.freedom
    wide = stdtrit(other.freedom, upper) ** 2 * np.asarray(few)
    narrow = stdtrit(other.many_freedom, upper) ** 2 * other.many + stdtrit(np.inf, upper) ** 2 * other.clips
    # Scaled by the larger part: a power of a tiny square underflows.
    most = np.maximum(np.maximum(wide, narrow), np.finfo(float).tiny)
    return np.asarray(
        np.sqrt(most) * ((wide / most) ** power + (narrow / most) ** power) ** (1 / (2 * power))
    )


@dataclass(frozen=True)
class Difference:
    """A mean or a paired difference of mean test mAP, in mAP.

    Args:
        mean: mean over the base models that both have.
        bases: these.
        variance: `None` where clips or repeats tell too little for an interval.
    """

    mean: float
    bases: int
    variance: Variance | None

    @property
    def of_this_model_only(self) -> bool:
        """Whether one base model made it, so that the interval says nothing of other models."""
        return self.bases == 1

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, not corrected for the number of comparisons; (nan, nan) without a variance."""
        if self.variance is None:
            return math.nan, math.nan
        half = self.variance.half_width()
        return self.mean - half, self.mean + half

    @property
    def may_be_none(self) -> bool | None:
        """Whether the interval holds zero, `None` without one: not tested."""
        low, high = self.interval
        return None if math.isnan(low) else low <= 0.0 <= high

    @property
    def p(self) -> float:
        """Two-sided, of no difference: one minus the level at which the interval ends at zero; nan without one."""
        if self.variance is None:
            return math.nan
        size, variance = abs(self.mean), self.variance
        if size == 0 or variance.standard_error == 0:
            return 1.0 if size == 0 else 0.0

        def beyond(p: float) -> float:
            return variance.half_width(1 - p) - size

        smallest = 1e-12
        if beyond(smallest) < 0:
            return smallest
        return float(scipy.optimize.brentq(beyond, smallest, 1.0, xtol=1e-13))
