r"""How far mean average precision moved, with one-sided limits: paired, or between models that were trained anew.

.. math:: h = \left[ (t_{\nu}^2 a)^m + (t_{C-1}^2 r)^m \right]^{1/2m}, \qquad m = 1 + 1.3 / \nu

is the half width at a level, with *a* the variance of the change that comes from its units (base models, or the cells
of one of them), :math:`\nu` its degrees of freedom, *r* the variance that comes from the *C* classes without their
interaction with the units, which *a* already holds, and *t* quantiles of Student's distributions. The exponent keeps
the limits honest where *a* is estimated from few units, as simulations show (`tox -e statistics`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from prunebench.eval.errors import InputError

ClassTable = NDArray[np.float64]


@dataclass(frozen=True)
class MeanChange:
    """A change of mean average precision and what is known of its spread.

    Args:
        mean: after − before, in mAP.
        between: variance of the change that comes from its units; nan where they show none.
        freedom: degrees of freedom of `between`; infinite for a change of a single unit that stands for itself.
        over_classes: variance that comes from the classes alone.
        classes: that it is a mean over.
    """

    mean: float
    between: float
    freedom: float
    over_classes: float
    classes: int

    def half_width(self, level: float) -> float:
        """Of the one-sided interval at 1 − `level`; nan where nothing can be told."""
        if math.isnan(self.between) or self.freedom <= 0:
            return math.nan
        exponent = 1 + 1.3 / self.freedom
        units = _quantile(self.freedom, level) ** 2 * self.between
        classes = _quantile(self.classes - 1, level) ** 2 * self.over_classes if self.classes > 1 else 0.0
        return float((units**exponent + classes**exponent) ** (1 / (2 * exponent)))

    def bounds(self, level: float) -> tuple[float, float]:
        """One-sided lower and upper confidence limits at 1 − `level` each; nan where nothing can be told."""
        half = self.half_width(level)
        return self.mean - half, self.mean + half


def paired_change(before: ArrayLike, after: ArrayLike) -> MeanChange:
    """The change of the same units: base models with the same weights on both sides, or cells of one base model.

    A single unit stands for itself: only the classes vary, and with a single class nothing can be told.

    Args:
        before, after: (units, classes) average precision; classes without a positive left out.

    Raises:
        InputError: for tables of other shapes, empty or with nan.
    """
    held, found = _table(before), _table(after)
    if held.shape != found.shape:
        raise InputError(
            f"The two tables must have the same shape (units, classes). Found {held.shape} and {found.shape}."
        )
    moved = found - held
    units, classes = moved.shape
    interaction = _residual_square(moved) / max(1, (units - 1) * (classes - 1))
    over_classes = _variance(moved.mean(axis=0)) / classes - interaction / (units * classes)
    alone = 0.0 if classes > 1 else math.nan
    return MeanChange(
        mean=float(moved.mean()),
        between=_variance(moved.mean(axis=1)) / units if units > 1 else alone,
        freedom=units - 1 if units > 1 else math.inf,
        over_classes=max(over_classes, 0.0),
        classes=classes,
    )


def unpaired_change(
    before: ArrayLike, after: ArrayLike, *, variance: float = 0.0, freedom: int = 0
) -> MeanChange:
    """The change between base models and others that were trained anew; their spread counts as equal on both sides.

    Args:
        before, after: (base models, classes) average precision, the cells of each averaged.
        variance: between base models of the mean over classes, as other runs have shown.
        freedom: degrees of freedom of that variance, 0 without one.

    Raises:
        InputError: for tables of other classes, empty or with nan.
    """
    held, found = _table(before), _table(after)
    classes = held.shape[1]
    if found.shape[1] != classes:
        raise InputError(f"The two tables must have the same classes. Found {classes} and {found.shape[1]}.")
    shares, own = 1 / len(held) + 1 / len(found), len(held) + len(found) - 2
    spread = sum(float(((side.mean(axis=1) - side.mean()) ** 2).sum()) for side in (held, found))
    pooled = (spread + freedom * variance) / (own + freedom) if own + freedom else math.nan
    interaction = (_residual_square(held) + _residual_square(found)) / max(1, own * (classes - 1))
    over_classes = (
        _variance(found.mean(axis=0) - held.mean(axis=0)) / classes - interaction * shares / classes
    )
    return MeanChange(
        mean=float(found.mean() - held.mean()),
        between=shares * pooled,
        freedom=own + freedom,
        over_classes=max(over_classes, 0.0),
        classes=classes,
    )


def _table(values: ArrayLike) -> ClassTable:
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 2 or not found.size:
        raise InputError(
            f"A table must have the shape (units, classes), with at least one of each. Found {found.shape}."
        )
    if np.isnan(found).any():
        raise InputError(
            "Average precisions must be numbers. Found nan: leave out classes without positives."
        )
    return found


def _variance(means: ClassTable) -> float:
    """With one value there is none to see."""
    return float(np.var(means, ddof=1)) if len(means) > 1 else 0.0


def _residual_square(table: ClassTable) -> float:
    """Sum of squares of what neither the units nor the classes explain."""
    left = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    return float((left**2).sum())


def _quantile(freedom: float, level: float) -> float:
    return float(stdtrit(freedom, 1 - level))
