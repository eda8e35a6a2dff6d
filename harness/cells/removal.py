"""From scores to the filters that a cell removes: how many of each layer, and which."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from prunebench.harness.budget.allocation import Global, Knapsack, SameAs
from prunebench.harness.budget.counts import LayerScores, counts_along
from prunebench.harness.budget.knapsack import knapsack_counts
from prunebench.harness.budget.limits import limits_of
from prunebench.harness.budget.ratio import filters_outside, lowest
from prunebench.harness.budget.target import BudgetPoint, uniform_counts
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.scores import Scoring
from prunebench.harness.config.config import Config
from prunebench.harness.networks.shape import Shape
from prunebench.harness.plan.cell import Cell
from prunebench.harness.pruning.folded_means import Constants, of_removed
from prunebench.harness.pruning.sources import resolve
from prunebench.pruners.contract import Pruner

RemovalCounts = tuple[int, ...]


@functools.lru_cache(maxsize=256)
def pruner_of(label: str, files: tuple[str, ...]) -> Pruner:
    """Looked up once: a sweep has the same few criteria in very many cells."""
    return resolve(label, files)


def scored_by(cell: Cell, config: Config) -> tuple[tuple[str, int | None], ...]:
    """The (criterion, seed) pairs whose scores of the base model a cell needs, its own first."""
    own = [] if cell.criterion is None else [(cell.criterion, cell.prune_seed)]
    leader = leader_of(cell, config)
    return tuple(own if leader is None else [*own, leader])


def leader_of(cell: Cell, config: Config) -> tuple[str, int | None] | None:
    """The (criterion, seed) whose widths a cell takes, `None` for one that takes none."""
    if not isinstance(cell.allocation, SameAs):
        return None
    criterion = cell.allocation.criterion
    drawn = "generator" in pruner_of(criterion, config.prune.files).needs
    return criterion, config.prune.seeds[0] if drawn else None


def budget_point(cell: Cell) -> BudgetPoint:
    """The budget that a cell has to meet."""
    if limits_of(cell.budget) is not None:
        return BudgetPoint(cell.budget, 1.0)
    return BudgetPoint("ratio", cell.ratio) if cell.target is None else BudgetPoint(cell.budget, cell.target)


@dataclass(frozen=True)
class Removal:
    """The filters of a base model that a cell removes.

    Args:
        cell: of the plan.
        base: job of its base model.
        scoring: of the base model by the cell's criterion, `None` for a control that has none.
        leader: the scores of the criterion whose widths the cell takes, `None` where it takes none.
    """

    cell: Cell
    base: BaseJob
    scoring: Scoring | None = None
    leader: Scoring | None = None

    @property
    def model(self) -> Shape:
        """The unpruned model, its latencies as they were corrected for the cell's target."""
        return self.base.model.for_target(self.cell.scope.label, self.cell.target)

    def counts(self) -> RemovalCounts:
        """Filters that each layer of the scope loses.

        Raises:
            InputError: for a budget that the scores do not let the allocation reach.
        """
        cell, allocation = self.cell, self.cell.allocation
        if cell.counts is not None:
            return cell.counts
        if self.leader is not None:
            if self.leader.own_budget:
                return tuple(map(len, self._outside(self.leader).values()))
            return self._along(Global(), self._of_scope(self.leader))
        if isinstance(allocation, Global):
            return self._along(allocation, self.ranked())
        if isinstance(allocation, Knapsack):
            return knapsack_counts(allocation, self.ranked(), budget_point(cell), self.model)
        return uniform_counts(self.base.model, cell.scope.layers, cell.ratio)

    def filters(self) -> Mapping[str, tuple[int, ...]]:
        """Layer → filters that go, by the scores of the criterion; errors as `counts`."""
        if self.scoring is not None and self.scoring.own_budget:
            return self._outside(self.scoring)
        return {
            layer: lowest(torch.from_numpy(values), count)
            for (layer, values), count in zip(self.ranked().items(), self.counts(), strict=True)
        }

    def constants(self, removed: Mapping[str, tuple[int, ...]]) -> Constants:
        """The constants that the criterion gives for the removed filters; empty if it leaves zeros."""
        return {} if self.scoring is None else of_removed(self.scoring.constants, removed)

    def _along(self, allocation: Global, scores: LayerScores) -> RemovalCounts:
        point, model = budget_point(self.cell), self.model
        return counts_along(allocation.order(scores), point, model, self.cell.scope.layers, allocation.keeps)

    def ranked(self) -> LayerScores:
        """Scores of the scope by the cell's criterion, upside down for the reversed control."""
        assert self.scoring is not None, "a cell without a criterion removes no filters by scores"
        sign = -1 if self.cell.control == "reversed" else 1
        return {layer: sign * values for layer, values in self._of_scope(self.scoring).items()}

    def _of_scope(self, scoring: Scoring) -> LayerScores:
        return {layer: scoring.scores[layer] for layer in self.cell.scope.layers}

    def _outside(self, scoring: Scoring) -> dict[str, tuple[int, ...]]:
        scores = self._of_scope(scoring)
        return {layer: filters_outside(torch.from_numpy(values)) for layer, values in scores.items()}
