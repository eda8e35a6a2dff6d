"""The smallest difference between two criteria that a run could have detected."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from prunebench.eval.run.protocol import BASES_FOR_A_CLAIM
from prunebench.reports.inference.interval import Variance
from prunebench.reports.inference.paired import Paired
from prunebench.reports.inference.power import detectable_difference, uncertainty
from prunebench.reports.points.panel import Panel, base_of
from prunebench.reports.points.point import Point
from prunebench.reports.statistics.comparisons import Comparisons, is_ruled

__all__ = ["Detectable", "Smallest", "smallest_detectable", "smallest_of"]


@dataclass(frozen=True)
class Smallest:
    """A smallest detectable difference, in mAP; nan where it cannot be told.

    Args:
        difference: the figure.
        low, high: what holds the true one in 80 %: the variance between repeats is itself estimated.
    """

    difference: float = math.nan
    low: float = math.nan
    high: float = math.nan

    @property
    def is_told(self) -> bool:
        """Whether it is a difference that mAP can have, at most 1; of no variance at all there is none."""
        return 0 < self.difference <= 1


@dataclass(frozen=True)
class AtRatio:
    """The figures of a panel at one ratio.

    Args:
        ratio: share of the filters removed.
        criteria: smallest difference between two criteria.
        random: smallest difference between a criterion and random, the mean of its draws.
    """

    ratio: float
    criteria: Smallest
    random: Smallest


@dataclass(frozen=True)
class Detectable:
    """The smallest detectable differences of a panel.

    Args:
        panel: panel of these differences.
        by_ratio: those at each ratio: fine-tuned models differ more the more was removed.
        pairs: pairs of criteria at one ratio whose variances went in, those with random included.
        bases: base models that each pair shares, the fewest; without a pair, those of the panel.
        missing: what would be needed where there is no figure.
    """

    panel: Panel
    by_ratio: tuple[AtRatio, ...]
    pairs: int
    bases: int
    missing: str = ""

    @property
    def conditional(self) -> bool:
        """Whether they hold for these base models only, because they are too few for a claim."""
        return self.bases < BASES_FOR_A_CLAIM


def smallest_detectable(panel: Panel, points: Sequence[Point], comparisons: Comparisons) -> Detectable:
    """What a two-sided test at 5 % would find in 80 % of such runs, at each ratio of a panel."""
    by_ratio: list[AtRatio] = []
    bases: list[int] = []
    pairs = 0
    criteria = [p for p in points if p.panel == panel and is_ruled(p)]
    for place in sorted({p.place for p in criteria}):
        own, paired = comparisons.at(panel, place)
        ruled = [i for i, p in enumerate(own) if is_ruled(p)]
        random = next((i for i in ruled if own[i].is_random), None)
        shared = [n for n in (len(paired.shared(i, j)) for i, j in itertools.combinations(ruled, 2)) if n]
        found = AtRatio(place[0], *smallest_of(paired, ruled, random))
        if math.isfinite(found.criteria.difference) or math.isfinite(found.random.difference):
            by_ratio.append(found)
            pairs += len(shared)
        bases += shared
    models = {base_of(r) for p in points if p.panel == panel for r in p.records}
    missing = ""
    if not by_ratio:
        clips = any(comparisons.knows_clips(r) for p in criteria for r in p.records)
        missing = _missing(bool(bases), clips)
    return Detectable(panel, tuple(by_ratio), pairs, min(bases, default=len(models)), missing)


def _missing(compared: bool, clips: bool) -> str:
    if not compared:
        return "two criteria at one ratio on one base model"
    return "repeats (base models, fine-tuning seeds or draws of random)" if clips else "per-clip test scores"


def smallest_of(paired: Paired, ruled: Sequence[int], random: int | None) -> tuple[Smallest, Smallest]:
    r"""The figures between two criteria, and between a criterion and random.

    The variances of all pairs are averaged, part by part. The figure is that of `detectable_difference`; its range
    takes the variance between repeats at its 10 % and 90 % quantiles. K criteria on B base models know it with
    :math:`(B - 1)(K - 1)` degrees of freedom; the draws of random, which are in all its pairs, with those of one pair.

    Args:
        paired: what is compared.
        ruled: the columns of criteria, random among them.
        random: the column of random.
    """
    criteria = [i for i in ruled if i != random]
    between = [_variance(paired, i, j) for i, j in itertools.combinations(criteria, 2)]
    bases = {base for i in criteria for base in paired.columns[i].values}
    several = len(criteria) - 1 if len(bases) > 1 else 1
    chance = [] if random is None else [_variance(paired, i, random) for i in criteria]
    return _figure(between, several), _figure(chance, 1)


def _variance(paired: Paired, one: int, other: int) -> Variance | None:
    found = paired.difference(one, other)
    return None if found is None else found.variance


def _figure(variances: Iterable[Variance | None], alike: int) -> Smallest:
    known = [v for v in variances if v is not None]
    if not known:
        return Smallest()
    mean = Variance(
        few=fmean(v.few for v in known),
        freedom=min(v.freedom for v in known),
        clips=fmean(v.clips for v in known),
        many=fmean(v.many for v in known),
        many_freedom=min(v.many_freedom for v in known),
    )
    low, high = (
        detectable_difference(replace(mean, few=mean.few * factor**2))
        for factor in uncertainty(mean.freedom * alike)
    )
    return Smallest(detectable_difference(mean), low, high)
