"""Critical-difference diagram: mean ranks of criteria over blocks of (data set, base widths, base seed).

Demšar, *Statistical Comparisons of Classifiers over Multiple Data Sets*, JMLR 7, 2006: Friedman's test, then
Nemenyi's. Budgets and fine-tuning seeds are no blocks: they are not independent. A block's value is the mean over the
budgets of the grid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from prunebench.eval.quality.clip_variance import Floats
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.statistics.entrants import entrants_at
from prunebench.reports.statistics.equal_cost import budgets_of, grid_to_average
from prunebench.reports.statistics.own_curve import bases_of, own_curves

BLOCKS = 10  # fewer carry no diagram: the tests are asymptotic


@dataclass(frozen=True)
class Blocks:
    """Criteria on blocks.

    Args:
        family: the panels, but for their data set and the widths of their base models.
        criteria: that have a value in every block; several names where they removed the same filters in all.
        values: test mAP, shape (blocks, criteria).
        by_widths: whether a data set has base models of several widths, which make blocks of their own.
    """

    family: Panel
    criteria: tuple[tuple[str, ...], ...]
    values: Floats
    by_widths: bool = False

    @property
    def made_of(self) -> str:
        """What one block is: `(data set, base seed)`, with the base widths where there are several."""
        return "(data set, base widths, base seed)" if self.by_widths else "(data set, base seed)"

    @property
    def labels(self) -> tuple[str, ...]:
        """`l2 = lamp`."""
        return tuple(map(" = ".join, self.criteria))

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
    """What panels share that differ in the data set, or in the widths of their base models, alone."""
    return replace(panel, data="", base_widths=())


def blocks_of(points: Sequence[Point], quantity: Quantity) -> list[Blocks]:
    """Blocks of each family of panels that differ in data set or base widths alone; criteria with a value in all."""
    families: dict[Panel, list[Panel]] = {}
    for panel in dict.fromkeys(p.panel for p in points):
        families.setdefault(family_of(panel), []).append(panel)
    found = []
    for family, panels in families.items():
        by_block: dict[tuple[Panel, int], dict[str, list[float]]] = {}
        for panel in panels:
            curves = own_curves(points, panel, quantity)
            grid = grid_to_average(curves, budgets_of(curves, bases_of(curves)))
            for entrant in entrants_at(curves, grid) if grid else ():
                for (_, seed), value in entrant.values.items():
                    for name in entrant.criteria:
                        by_block.setdefault((panel, seed), {}).setdefault(name, []).append(value.mean)
        blocks = _blocks(family, list(by_block.values()))
        found.append(replace(blocks, by_widths=any(panel.base_widths for panel in panels)))
    return found


def _blocks(family: Panel, by_block: Sequence[Mapping[str, Sequence[float]]]) -> Blocks:
    """Criteria with a value in every block; those with the same in all of them are one."""
    shared = sorted(set.intersection(*map(set, by_block))) if by_block else []
    twins: dict[tuple[float, ...], list[str]] = {}
    for name in shared:
        twins.setdefault(tuple(fmean(block[name]) for block in by_block), []).append(name)
    values = np.array(list(twins)).reshape(len(twins), len(by_block)).T
    return Blocks(family, tuple(map(tuple, twins.values())), values)
