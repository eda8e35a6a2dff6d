"""What a report computes from its points: each thing once, when a figure, a table or a sentence first asks for it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from functools import cached_property
from typing import Any

from prunebench.eval.run.contents import ValidationCurve
from prunebench.reports.content.criteria_order import order_of_criteria, told_from_random
from prunebench.reports.content.int8_rows import QuantisedRow, quantised_rows
from prunebench.reports.points.cost_axis import AXES, MACS, PARAMETERS, Quantity
from prunebench.reports.points.overlay import Overlay, overlays_of
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.runs.loaded_run import Held, Run, each_once, finished
from prunebench.reports.statistics.attainment import Surface, surfaces_of
from prunebench.reports.statistics.blocks import Blocks, blocks_of
from prunebench.reports.statistics.class_changes import ClassChange, class_changes
from prunebench.reports.statistics.comparisons import Comparisons
from prunebench.reports.statistics.hypervolume import Hypervolume, hypervolumes
from prunebench.reports.statistics.layer_sensitivity import Sensitivity, is_sensitivity, sensitivity_of
from prunebench.reports.statistics.methods import MethodRow, methods_of
from prunebench.reports.statistics.networks_compared import NetworkPair, pairs_of
from prunebench.reports.statistics.overlap import Overlap, overlaps_of
from prunebench.reports.statistics.ranking import Ranking, rankings_of
from prunebench.reports.statistics.recovery import read_curves
from prunebench.reports.statistics.runs_compared import names_of
from prunebench.reports.statistics.ties import Ties, map_sizes_of, ties_of
from prunebench.reports.statistics.training_budget import Budgets

EQUAL = (MACS, PARAMETERS)  # costs at which criteria are ranked


class Findings:
    """Numbers about the points of a report; figures and tables take them from here and compute none themselves.

    Args:
        runs: that are reported.
        points: every point of them, in panels of each run where runs are not joined.
        scores: per-clip test scores.
    """

    def __init__(self, runs: Sequence[Run], points: Sequence[Point], scores: ClipScores) -> None:
        self._runs = runs
        self._scores = scores
        self._every = points

    @cached_property
    def points(self) -> list[Point]:
        """The points that are compared; cells of single groups that were not fine-tuned have a figure of their own."""
        alone = {p.panel for p in self._every if any(map(is_sensitivity, p.records))}
        points = [p for p in self._every if p.panel not in alone]
        return [] if all(p.control == "unpruned" for p in points) else points

    @cached_property
    def panels(self) -> list[Panel]:
        """Panels in which criteria are compared."""
        return list(dict.fromkeys(p.panel for p in self.points if p.control is None))

    @cached_property
    def main_points(self) -> list[Point]:
        """The points that are compared at the length where their cells ended."""
        return [p for p in self.points if not p.panel.short]

    @cached_property
    def main_panels(self) -> list[Panel]:
        """Panels in which criteria are compared at the length where their cells ended."""
        return [panel for panel in self.panels if not panel.short]

    @cached_property
    def comparisons(self) -> Comparisons:
        """Every paired difference between points at one ratio."""
        return Comparisons(self._every, self._scores)

    @cached_property
    def methods(self) -> list[MethodRow]:
        """Every method at every budget point, with what it spent."""
        return methods_of(self.points, self.comparisons, Budgets(self._runs, self.points))

    @cached_property
    def rankings(self) -> list[Ranking]:
        """At each equal cost, panel by panel."""
        return [
            ranking
            for panel in self.panels
            for cost in EQUAL
            for ranking in rankings_of(panel, self._every, cost, self._scores)
        ]

    @cached_property
    def new_rankings(self) -> list[Ranking]:
        """Without those that repeat one before: equal ratios of all layers are equal at every cost."""
        return not_told_before(self.rankings)

    def rankings_to_tell(self, panel: Panel) -> list[tuple[Quantity, list[Ranking]]]:
        """The equal costs at which the rankings of a panel say something new, each with all its rankings."""
        new = {r.quantity for r in self.new_rankings if r.panel == panel and not r.chosen_by}
        return [
            (cost, [r for r in self.rankings if (r.panel, r.quantity) == (panel, cost)])
            for cost in EQUAL
            if cost in new
        ]

    @cached_property
    def criteria_orders(self) -> Mapping[Panel, tuple[str, ...]]:
        """Labels of each panel's criteria in the order of all figures: `random`, then the others, best first."""
        return {panel: order_of_criteria(panel, self.points, self.rankings) for panel in self.panels}

    @cached_property
    def told_from_random(self) -> Mapping[Panel, tuple[str, ...]]:
        """Labels of the few criteria of each panel that differ from `random` over all budgets."""
        return {panel: told_from_random(panel, self.rankings) for panel in self.panels}

    @cached_property
    def hypervolumes(self) -> list[Hypervolume]:
        """At each equal cost, panel by panel."""
        return [
            volume
            for panel in self.main_panels
            for cost in EQUAL
            for volume in hypervolumes(panel, self._every, cost, self._scores)
        ]

    @cached_property
    def blocks(self) -> list[Blocks]:
        """Of each family of panels, at equal MACs."""
        return blocks_of(self.main_points, MACS)

    @cached_property
    def networks(self) -> Mapping[tuple[Overlay, Quantity], list[NetworkPair]]:
        """Networks that stand together on a data set, pair by pair at each equal cost."""
        return {
            (overlay, cost): pairs_of(overlay, self.main_points, cost, self._scores)
            for overlay in overlays_of(self.main_points)
            for cost in EQUAL
        }

    @cached_property
    def sensitivity(self) -> list[Sensitivity]:
        """Of cells that pruned one layer alone."""
        if not any(p.panel.run for p in self._every):
            return sensitivity_of(finished(each_once(self._runs)))
        named = zip(names_of(self._runs), self._runs, strict=True)
        return [found for name, run in named for found in sensitivity_of(finished(run.records), name)]

    @cached_property
    def curves(self) -> dict[Held, ValidationCurve]:
        """Run folder and outcome → validation mAP along its fine-tuning."""
        return read_curves([run.folder for run in self._runs])

    @cached_property
    def surfaces(self) -> Mapping[tuple[Panel, Quantity], list[Surface]]:
        """Attainment surfaces of each panel at each cost."""
        return {(p, cost): surfaces_of(p, self.points, cost) for p in self.main_panels for cost in AXES}

    @cached_property
    def quantised(self) -> list[QuantisedRow]:
        """Float models against the same in 8-bit integers, at the length where their cells ended."""
        return quantised_rows((p for p in self._every if not p.panel.short), self._scores)

    @cached_property
    def overlaps(self) -> Mapping[Panel, list[Overlap]]:
        """What criteria remove in common, of each panel."""
        folders = [run.folder for run in self._runs]
        return {panel: overlaps_of(self.points, panel, folders) for panel in self.main_panels}

    @cached_property
    def ties(self) -> Mapping[Panel, list[Ties]]:
        """Filters that tie at each cut, of each panel."""
        return {panel: ties_of(self.points, panel) for panel in self.main_panels}

    @cached_property
    def map_sizes(self) -> Mapping[Panel, Mapping[str, tuple[int, int]]]:
        """Frames and mels of each layer's feature maps, of each panel."""
        return {panel: map_sizes_of(self.points, panel) for panel in self.main_panels}

    @cached_property
    def class_changes(self) -> Mapping[Panel, list[ClassChange]]:
        """Gains and losses of each class, of each panel."""
        return {panel: class_changes(self.points, panel, self._scores) for panel in self.main_panels}


def not_told_before(rankings: Sequence[Ranking]) -> list[Ranking]:
    """Rankings whose rows are not those of a former one of the same panel; nan is equal to nan."""
    told: dict[tuple[Any, ...], Ranking] = {}
    for ranking in rankings:
        told.setdefault((ranking.panel, *(_known(astuple(row)) for row in ranking.rows)), ranking)
    return list(told.values())


def _known(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(None if isinstance(value, float) and math.isnan(value) else value for value in values)
