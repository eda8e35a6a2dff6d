"""How far two criteria are apart at one ratio, and how sure that is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

import numpy as np
from scipy.special import stdtrit

from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores, Floats
from prunebench.reports.runs.loaded_run import final_map

Base = tuple[str, int]


@dataclass(frozen=True)
class Difference:
    """A paired difference of mean test mAP, in mAP.

    Args:
        mean: mean over the base models that both have.
        standard_error: nan where per-clip scores are missing.
        freedom: degrees of freedom of the standard error, by Welch and Satterthwaite: the clips are many, the
            models few.
        bases: base models that both have.
        seeds_known: whether the spread over seeds or base models is part of the standard error.
    """

    mean: float
    standard_error: float
    freedom: float
    bases: int
    seeds_known: bool

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval, not corrected for the number of comparisons; (nan, nan) without a standard error."""
        half = float(stdtrit(self.freedom, 0.975)) * self.standard_error
        return self.mean - half, self.mean + half

    @property
    def may_be_none(self) -> bool | None:
        """Whether the interval holds zero, `None` without one or where it holds nothing of the seeds' spread."""
        low, high = self.interval
        return None if math.isnan(low) or not self.seeds_known else low <= 0.0 <= high


def difference(a: Point, b: Point, peers: Sequence[Point], scores: ClipScores) -> Difference | None:
    r"""The paired difference between two points at one ratio, `None` where they share no base model.

    .. math:: SE^2 = SE_{clips}^2 + SE_{models}^2

    where :math:`SE_{clips}` is the standard deviation of the difference over resamples of the test clips (by
    recording, the same for both), and :math:`SE_{models}^2` is the variance of the per-base differences over
    their number with two base models or more; with one, the sum of both points' errors over seeds, and the
    result is conditional on that model. Cells of one base model are averaged first.

    Args:
        a, b: points of one panel and ratio.
        peers: all points of that panel and ratio, which pool the spread over fine-tuning seeds.
        scores: per-clip test scores.
    """
    cells_a, cells_b = a.by_base(), b.by_base()
    bases = [base for base in cells_a if base in cells_b]
    if not bases:
        return None
    per_base = [fmean(map(final_map, cells_a[k])) - fmean(map(final_map, cells_b[k])) for k in bases]
    if len(bases) > 1:
        models, freedom = variance(per_base) / len(bases), len(bases) - 1.0
    else:
        models, freedom = _seeds_variance(a, b, bases[0], peers)
    clips = _clips_variance(a, b, bases, scores)
    seeds_known = not math.isnan(models)
    if not seeds_known:
        models, freedom = 0.0, math.inf
    return Difference(
        mean=fmean(per_base),
        standard_error=math.sqrt(clips + models),
        freedom=freedom * (1 + clips / models) ** 2 if models > 0 else math.inf,
        bases=len(bases),
        seeds_known=seeds_known,
    )


def _seeds_variance(a: Point, b: Point, base: Base, peers: Sequence[Point]) -> tuple[float, float]:
    """The sum of both points' errors over seeds, and its degrees of freedom."""
    (error_a, freedom_a), (error_b, freedom_b) = (seed_error(p, base, peers) for p in (a, b))
    total = error_a + error_b
    independent = any(len(_means_by(p, base, "prune_seed")) > 1 for p in (a, b))
    if not independent or not total > 0:
        return total, min(freedom_a, freedom_b)
    return total, total**2 / (error_a**2 / freedom_a + error_b**2 / freedom_b)


def seed_error(point: Point, base: Base, peers: Sequence[Point]) -> tuple[float, float]:
    """Variance of a point's mean over its seeds on one base model, and its degrees of freedom.

    For a criterion that drew its filters with several seeds: the variance of the draws' means over their
    number. For any other: half the variance of paired differences (same fine-tuning seed) between criteria,
    pooled over all pairs of peers that draw nothing, over the number of its fine-tuning seeds; a criterion
    without such a peer stands on its own seeds. nan with a single seed.
    """
    draws = _means_by(point, base, "prune_seed")
    if len(draws) > 1:
        return variance(draws.values()) / len(draws), len(draws) - 1.0
    own = _means_by(point, base, "finetune_seed")
    steady = [
        _means_by(p, base, "finetune_seed")
        for p in peers
        if p.control is None and len(_means_by(p, base, "prune_seed")) == 1
    ]
    squares, count, most = 0.0, 0, 0
    for one, other in itertools.combinations(steady, 2):
        gaps = [one[seed] - other[seed] for seed in one if seed in other]
        if len(gaps) > 1:
            squares += variance(gaps) * (len(gaps) - 1)
            count += len(gaps) - 1
            most = max(most, len(gaps) - 1)
    if count:
        return squares / count / 2 / len(own), float((len(steady) - 1) * most)
    return (variance(own.values()) / len(own), len(own) - 1.0) if len(own) > 1 else (math.nan, math.nan)


def _means_by(point: Point, base: Base, seed: str) -> dict[int | None, float]:
    values: dict[int | None, list[float]] = {}
    for record in point.by_base().get(base, []):
        values.setdefault(getattr(record, seed), []).append(final_map(record))
    return {key: fmean(found) for key, found in values.items()}


def _clips_variance(a: Point, b: Point, bases: Sequence[Base], scores: ClipScores) -> float:
    resampled_a, resampled_b = _resampled(a, bases, scores), _resampled(b, bases, scores)
    if resampled_a is None or resampled_b is None:
        return math.nan
    gaps = resampled_a - resampled_b
    defined = gaps[np.isfinite(gaps)]
    return float(np.var(defined, ddof=1)) if len(defined) > 1 else math.nan


def _resampled(point: Point, bases: Sequence[Base], scores: ClipScores) -> Floats | None:
    """Mean over bases of the mean over cells, on each resample."""
    means = []
    for base in bases:
        cells = [scores.resampled_maps(record) for record in point.by_base()[base]]
        known = [maps for maps in cells if maps is not None]
        if len(known) < len(cells):
            return None
        means.append(np.mean(known, axis=0))
    found: Floats = np.mean(means, axis=0)
    return found
