"""Where the spread of a point comes from: its base models, or the seeds of fine-tuning them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from prunebench.reports.points.point import Point
from prunebench.reports.runs.loaded_run import stage_map


@dataclass(frozen=True)
class Components:
    """Variance between base models and within them.

    Args:
        between: of the base seeds, at least 0; nan for fewer than two base models.
        within: of the cells on one base model, their fine-tuning and pruning seeds; nan where no base model has two.
        bases: base models.
        cells: in all.
    """

    between: float
    within: float
    bases: int
    cells: int


def variance_components(groups: Iterable[Sequence[float]]) -> Components:
    r"""Components of :math:`y_{bc} = \mu + B_b + e_{bc}`, by the analysis of variance for groups of any sizes.

    .. math::
        \hat\sigma_e^2 = \frac{\sum_b \sum_c (y_{bc} - \bar y_b)^2}{N - k}, \qquad
        \hat\sigma_B^2 = \max\Bigl(0, \frac{M - \hat\sigma_e^2}{n_0}\Bigr), \qquad
        n_0 = \frac{N - \sum_b n_b^2 / N}{k - 1}

    with k base models of n_b cells, N in all, and :math:`M = \sum_b n_b (\bar y_b - \bar y)^2 / (k - 1)`. Where each
    base model has one cell, the two cannot be told apart: `between` then holds both and `within` is nan.

    Args:
        groups: the values of each base model; empty ones count for nothing.
    """
    filled = [list(group) for group in groups if len(group)]
    k, total = len(filled), sum(map(len, filled))
    inner = sum((value - fmean(group)) ** 2 for group in filled for value in group)
    within = inner / (total - k) if total > k else math.nan
    if k < 2:
        return Components(math.nan, within, k, total)
    mean = sum(map(sum, filled)) / total
    outer = sum(len(group) * (fmean(group) - mean) ** 2 for group in filled) / (k - 1)
    size = (total - sum(len(group) ** 2 for group in filled) / total) / (k - 1)
    between = max(0.0, (outer - (0.0 if math.isnan(within) else within)) / size)
    return Components(between, within, k, total)


def components_at(point: Point, stage: str) -> Components:
    """Components of the test mAP of a point's cells at a stage."""
    groups = ([stage_map(record, stage) for record in cells] for cells in point.by_base().values())
    return variance_components([v for v in group if math.isfinite(v)] for group in groups)


def standard_deviation(variances: Iterable[float]) -> float:
    """Of the mean of variances, without undefined ones; nan without any."""
    known = [variance for variance in variances if math.isfinite(variance)]
    return math.sqrt(fmean(known)) if known else math.nan
