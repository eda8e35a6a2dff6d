"""mAP of a criterion between the costs at which it was measured."""

from __future__ import annotations

import numpy as np
import scipy  # scipy.interpolate loads at first use

from prunebench.eval.quality.clip_variance import Floats

FAR = 0.15  # of the unpruned model's cost: beyond this the nearest measured point tells little
_STEP = 1e-6  # in mAP, small against differences and large against rounding


def between(costs: Floats, quality: Floats, cost: float) -> tuple[float, Floats]:
    """The value at a cost, and its derivative by the value of each point.

    The monotone cubic through all points (Fritsch & Butland, *A Method for Constructing Local Monotone Piecewise Cubic
    Interpolants*, SIAM J. Sci. Stat. Comput. 5(2), 1984). Curves of mAP are concave, so a straight line lies too low.
    The derivatives sum to 1; they carry what is known clip by clip from the points to the value.

    Args:
        costs: (points,), rising, at least two.
        quality: (points,), mAP.
        cost: between the lowest and the highest.
    """
    steps = _STEP * np.eye(len(costs))
    several = np.column_stack([quality, *(quality + steps), *(quality - steps)])
    value, *moved = scipy.interpolate.PchipInterpolator(costs, several, axis=0)(cost)
    up, down = np.array(moved).reshape(2, -1)
    return float(value), (up - down) / (2 * _STEP)
