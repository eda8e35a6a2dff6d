"""The smallest difference between two criteria that a run could have detected."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from scipy.special import ndtri

from prunebench.reports.clips import ClipScores
from prunebench.reports.difference import difference
from prunebench.reports.panel import Panel, base_of
from prunebench.reports.point import Point

BASES_FOR_A_CLAIM = 6  # with fewer, no paired sign or rank test over base models can reach 5 %


@dataclass(frozen=True)
class Detectable:
    """The smallest detectable difference of a panel.

    Args:
        panel: where it holds.
        difference: in mAP, `None` where it cannot be told; then `missing` says why.
        pairs: pairs of criteria at one ratio whose standard errors went in.
        bases: base models that each pair shares, the fewest; without a pair, those of the panel.
        seeds_known: whether every pair's standard error holds a spread over seeds or base models.
        missing: what would be needed.
    """

    panel: Panel
    difference: float | None
    pairs: int
    bases: int
    seeds_known: bool
    missing: str = ""

    @property
    def conditional(self) -> bool:
        """Whether it holds for these base models only, because they are too few for a claim."""
        return self.bases < BASES_FOR_A_CLAIM


def smallest_detectable(panel: Panel, points: Sequence[Point], scores: ClipScores) -> Detectable:
    r"""The true difference that a two-sided test at 5 % would find in 80 % of such runs.

    .. math:: MDE = (z_{0.975} + z_{0.80}) \cdot \operatorname{median}_{a,b} SE(a - b)

    over all pairs of criteria of the panel at the same ratio, random among them, with the standard error of
    `difference`: test clips resampled by recording, the spread over base models or, with one base model, over
    seeds. With fewer than six base models it is conditional on them.
    """
    errors, bases, known = [], [], []
    criteria = [p for p in points if p.control is None and p.panel == panel and not p.own_budget]
    for ratio in sorted({p.ratio for p in criteria}):
        peers = [p for p in criteria if p.ratio == ratio]
        for a, b in itertools.combinations(peers, 2):
            found = difference(a, b, peers, scores)
            if found is not None:
                errors.append(found.standard_error)
                bases.append(found.bases)
                known.append(found.seeds_known)
    finite = [e for e in errors if math.isfinite(e)]
    if finite:
        size = float(ndtri(0.975) + ndtri(0.80)) * median(finite)
        return Detectable(panel, size, len(finite), min(bases), all(known))
    missing = "per-clip test scores" if errors else "two criteria at one ratio on one base model"
    models = {base_of(r) for p in points if p.panel == panel for r in p.records}
    return Detectable(panel, None, 0, min(bases, default=len(models)), False, missing)
