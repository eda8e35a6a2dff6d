r"""The paired test of quality: how far mean average precision moved, over cells and classes.

.. math:: SE^2 = \frac{s^2_{cells}}{S} + \frac{s^2_{classes}}{K}

with :math:`d_{sk}` the change of average precision of class *k* in the cell of seeds *s*, :math:`s^2_{cells}` the
variance of its means over classes, :math:`s^2_{classes}` that of its means over cells. Cells and classes are
crossed and both are samples: the interaction is counted in both terms, which errs on the side of caution.
Degrees of freedom by Welch and Satterthwaite. A single cell leaves the spread over classes, a single class that
over cells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from prunebench.eval.errors import InputError


@dataclass(frozen=True)
class PairedChange:
    """A paired change of mean average precision.

    Args:
        mean: after − before, in mAP.
        standard_error: nan where one cell and one class leave no spread.
        freedom: degrees of freedom of the standard error.
        cells, classes: that it is a mean over.
    """

    mean: float
    standard_error: float
    freedom: float
    cells: int
    classes: int

    def bounds(self, level: float) -> tuple[float, float]:
        """One-sided lower and upper confidence limits at 1 − `level` each; nan where nothing can be told."""
        if self.standard_error == 0:
            return self.mean, self.mean
        half = float(stdtrit(self.freedom, 1 - level)) * self.standard_error
        return self.mean - half, self.mean + half


def paired_change(before: ArrayLike, after: ArrayLike) -> PairedChange:
    """The change between two tables of average precision.

    Args:
        before, after: (cells, classes) of the same cells and classes; classes without a positive left out.

    Raises:
        InputError: for tables of other shapes, empty or with nan.
    """
    held, found = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if held.shape != found.shape or held.ndim != 2 or not held.size:
        raise InputError(
            f"Tables must be of one shape (cells, classes). Found {held.shape} and {found.shape}."
        )
    moved = found - held
    if np.isnan(moved).any():
        raise InputError(
            "Average precisions must be numbers. Found nan: leave out classes without positives."
        )
    if not moved.any():
        return PairedChange(0.0, 0.0, math.inf, *moved.shape)
    parts = [
        (float(np.var(means, ddof=1)) / len(means), len(means) - 1)
        for means in (moved.mean(1), moved.mean(0))
        if len(means) > 1
    ]
    total = sum(part for part, _ in parts)
    spread = sum(part**2 / freedom for part, freedom in parts)
    return PairedChange(
        mean=float(moved.mean()),
        standard_error=math.sqrt(total) if parts else math.nan,
        freedom=total**2 / spread if spread else math.inf,
        cells=moved.shape[0],
        classes=moved.shape[1],
    )
