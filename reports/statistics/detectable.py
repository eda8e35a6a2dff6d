"""The smallest difference between two criteria that a run could have detected."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from scipy.special import stdtrit

from prunebench.reports.points.panel import Panel, base_of
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.statistics.difference import difference

BASES_FOR_A_CLAIM = 6  # with fewer, no paired sign or rank test over base models can reach 5 %


@dataclass(frozen=True)
class Detectable:
    """The smallest detectable difference of a panel.

    Args:
        panel: where it holds.
        difference: in mAP over all ratios, `None` where it cannot be told; then `missing` says why.
        by_ratio: ratio and the difference there, in mAP: fine-tuned models differ more the more was removed.
        pairs: pairs of criteria at one ratio whose standard errors went in.
        bases: base models that each pair shares, the fewest; without a pair, those of the panel.
        seeds_known: whether every pair's standard error holds a spread over seeds or base models.
        missing: what would be needed.
    """

    panel: Panel
    difference: float | None
    by_ratio: tuple[tuple[float, float], ...]
    pairs: int
    bases: int
    seeds_known: bool
    missing: str = ""

    @property
    def conditional(self) -> bool:
        """Whether it holds for these base models only, because they are too few for a claim."""
        return self.bases < BASES_FOR_A_CLAIM


def smallest_detectable(panel: Panel, points: Sequence[Point], scores: ClipScores) -> Detectable:
    r"""The true difference that a two-sided test at 5 % would find in 80 % of such runs (77 % with three models).

    .. math:: MDE = \operatorname{median}_{a,b} (t_{0.975} + t_{0.80}) \, SE(a - b)

    over all pairs of criteria of the panel at the same ratio, random among them, with the standard error of
    `difference` and quantiles at its degrees of freedom: test clips resampled by recording, the spread over
    base models or, with one base model, over seeds. With fewer than six base models it is conditional on them.
    """
    sizes: dict[float, list[float]] = {}
    bases, known = [], []
    criteria = [p for p in points if p.control is None and p.panel == panel and not p.own_budget]
    for ratio in sorted({p.ratio for p in criteria}):
        peers = [p for p in criteria if p.ratio == ratio]
        for a, b in itertools.combinations(peers, 2):
            found = difference(a, b, peers, scores)
            if found is not None:
                quantiles = float(stdtrit(found.freedom, 0.975) + stdtrit(found.freedom, 0.80))
                sizes.setdefault(ratio, []).append(quantiles * found.standard_error)
                bases.append(found.bases)
                known.append(found.seeds_known)
    finite = {ratio: [s for s in found if math.isfinite(s)] for ratio, found in sizes.items()}
    every = [size for found in finite.values() for size in found]
    if every:
        by_ratio = tuple((ratio, median(found)) for ratio, found in finite.items() if found)
        return Detectable(panel, median(every), by_ratio, len(every), min(bases), all(known))
    missing = "per-clip test scores" if sizes else "two criteria at one ratio on one base model"
    models = {base_of(r) for p in points if p.panel == panel for r in p.records}
    return Detectable(panel, None, (), 0, min(bases, default=len(models)), False, missing)
