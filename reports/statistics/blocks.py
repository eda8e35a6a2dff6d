"""Critical-difference diagram: mean ranks of criteria over blocks of (data set, base seed).

Demšar, *Statistical Comparisons of Classifiers over Multiple Data Sets*, JMLR 7, 2006: Friedman's test, then
Nemenyi's. Budgets and fine-tuning seeds are no blocks: they are not independent. A block's value is the mean over the
budgets of the grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores, Floats
from prunebench.reports.statistics.equal_cost import budgets_of
from prunebench.reports.statistics.own_curve import own_curves, units_of
from prunebench.reports.statistics.ranking import entrants_at

BLOCKS = 10  # fewer carry no diagram: the tests are asymptotic
NOT_INSTALLED = (
    "1 figure is missing: the critical-difference diagram needs scikit-posthocs: `pip install "
    "'prunebench[reports]'`, then `prunebench report` again."
)


@dataclass(frozen=True)
class Blocks:
    """Criteria on blocks.

    Args:
        family: the panels, but for their data set.
        labels: of the criteria, each of which has a value in every block.
        values: test mAP, shape (blocks, criteria).
    """

    family: Panel
    labels: tuple[str, ...]
    values: Floats

    @property
    def ranks(self) -> Floats:
        """Mean rank of each criterion, 1 is best."""
        from scipy.stats import rankdata  # half a second to import, and only a diagram needs it

        found: Floats = rankdata(-self.values, axis=1).mean(axis=0)
        return found

    @property
    def p(self) -> float:
        """Friedman's test: that all criteria rank alike."""
        from scipy.stats import friedmanchisquare

        return float(friedmanchisquare(*self.values.T).pvalue)


def family_of(panel: Panel) -> Panel:
    """What panels share that differ in the data set alone."""
    return replace(panel, data="", base_widths=())


def blocks_of(points: Sequence[Point], quantity: Quantity, scores: ClipScores) -> list[Blocks]:
    """Blocks of each family of panels that differ in the data set alone; criteria with a value in all of them."""
    families: dict[Panel, list[Panel]] = {}
    for panel in dict.fromkeys(p.panel for p in points):
        families.setdefault(family_of(panel), []).append(panel)
    found = []
    for family, panels in families.items():
        by_block: dict[tuple[str, int], dict[str, list[float]]] = {}
        for panel in panels:
            curves = own_curves(points, panel, quantity, scores)
            grid = [b for b in budgets_of(curves, units_of(curves)) if not b.chosen_by]
            for entrant in entrants_at(curves, grid) if grid else ():
                for unit, value in entrant.values.items():
                    for name in entrant.curve.curve.criteria:
                        by_block.setdefault((panel.data, unit[1]), {}).setdefault(name, []).append(value.mean)
        labels = sorted(set.intersection(*map(set, by_block.values()))) if by_block else []
        values = np.array([[fmean(block[name]) for name in labels] for block in by_block.values()])
        found.append(Blocks(family, tuple(labels), values.reshape(len(by_block), len(labels))))
    return found
