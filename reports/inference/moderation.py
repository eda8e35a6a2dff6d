"""Variances of several criteria from few base models, drawn towards their mean as far as they are alike.

Smyth, *Linear models and empirical Bayes methods for assessing differential expression in microarray experiments*,
Statistical Applications in Genetics and Molecular Biology 3(1), 2004, section 6, with the plain mean as the prior
variance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy  # scipy.optimize loads at first use
from scipy.special import polygamma

from prunebench.eval.quality.clip_variance import Floats


class Moderated(NamedTuple):
    """Variances and their common degrees of freedom."""

    variances: Floats
    freedom: float


def moderated(variances: Floats, freedom: float, most: float) -> Moderated:
    r"""Each variance with what all tell of it.

    .. math:: \tilde s_k^2 = \frac{d_0 \overline{s^2} + d s_k^2}{d_0 + d}

    where d is the degrees of freedom of a single variance, and :math:`d_0` follows from how far their logarithms spread
    beyond what d explains. The result has :math:`\min(d_0 + d, d_{max})` degrees of freedom.

    Args:
        variances: (criteria,), at least 0.
        freedom: d of each.
        most: :math:`d_{max}`, of all together; also the most that :math:`d_0` can be.
    """
    if len(variances) < 2 or not (variances > 0).all():
        # A variance of exactly zero has no logarithm: cells that are equal to the last bit share nothing to learn.
        return Moderated(variances, freedom)
    beyond = float(np.var(np.log(variances), ddof=1) - polygamma(1, freedom / 2))
    prior = most
    if beyond > 0 and float(polygamma(1, most / 2)) < beyond:
        prior = float(scipy.optimize.brentq(lambda d: float(polygamma(1, d / 2)) - beyond, 1e-3, most))
    found = (prior * variances.mean() + freedom * variances) / (prior + freedom)
    return Moderated(found, min(prior + freedom, most))
