r"""The difference of two means whose base models have nothing in common: two networks on the same test clips.

Each network's base models are a sample of their own (Welch, *The generalization of "Student's" problem when several
different population variances are involved*, Biometrika 34, 1947); the test clips are the same for both, so what they
add is paired. With the values a_i of n base models and b_j of m, and the rows u of the clips as in `paired`,

.. math::
    V_b = \frac{s_a^2}{n} + \frac{s_b^2}{m}, \qquad
    \nu = \frac{V_b^2}{\frac{(s_a^2 / n)^2}{n - 1} + \frac{(s_b^2 / m)^2}{m - 1}}, \qquad
    r = \max\bigl(Q(\bar u_a - \bar u_b) - V_{i,a} - V_{i,b}, 0\bigr)
"""

from __future__ import annotations

import numpy as np

from prunebench.reports.inference.clip_rows import interaction, rows_of
from prunebench.reports.inference.interval import Difference, Variance
from prunebench.reports.inference.paired import ComparedValues


def independent_difference(one: ComparedValues, other: ComparedValues) -> Difference:
    """The mean of the first minus that of the second; no interval with one base model on a side or without clips."""
    sides = [[value.mean for value in side.values.values()] for side in (one, other)]
    mean = float(np.mean(sides[0]) - np.mean(sides[1]))
    return Difference(mean, min(map(len, sides)), _variance(sides, one, other))


def _variance(sides: list[list[float]], one: ComparedValues, other: ComparedValues) -> Variance | None:
    if min(map(len, sides)) < 2:
        return None
    found = [rows_of([[(value, side.scores) for value in side.values.values()]]) for side in (one, other)]
    (first, form), (second, _) = found
    if form is None or found[1][1] is None or first.shape[-1] != second.shape[-1]:
        return None
    apart = first.mean(axis=1) - second.mean(axis=1)
    clips, least = float(form.covariances(apart)[0, 0]), form.least(apart)
    clips = clips if least is None else max(clips, float(least[0, 0]))
    if not np.isfinite(clips):
        return None
    shared = sum(float(interaction(form, rows)[0, 0]) for rows in (first, second))
    parts = [float(np.var(side, ddof=1)) / len(side) for side in sides]
    squares = sum(part**2 / (len(side) - 1) for part, side in zip(parts, sides, strict=True))
    freedom = sum(parts) ** 2 / squares if squares else float(sum(map(len, sides)) - 2)
    return Variance(sum(parts), freedom, max(clips - shared, 0.0))
