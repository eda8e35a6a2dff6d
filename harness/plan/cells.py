"""The grid: criteria × budget points × scopes × allocations × schedules × seeds, and the controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prunebench.eval.run.record import OWN
from prunebench.harness.budget.allocation import Allocation, Global, Knapsack, Searched
from prunebench.harness.config.config import Config
from prunebench.harness.networks.layers import Scope
from prunebench.harness.plan.cell import Base, Cell
from prunebench.harness.plan.points import PlannedPoint
from prunebench.harness.plan.subjects import pairs
from prunebench.pruners.contract import Pruner

Points = Mapping[str, Sequence[PlannedPoint]]


class CellGrid:
    """The cells of a configuration, base model by base model, without their identities.

    Args:
        config: the sweep.
        criteria: label → pruner.
        leaders: allocation `same_as:…` → label of the criterion whose widths it takes.
        pruners: of the criteria and the leaders.
    """

    def __init__(
        self,
        config: Config,
        criteria: Mapping[str, Pruner],
        leaders: Mapping[Allocation, str],
        pruners: Mapping[str, Pruner],
    ) -> None:
        self._config = config
        self._criteria = criteria
        self._own_widths = {
            allocation: leader for allocation, leader in leaders.items() if pruners[leader].own_budget
        }

    def cells(self, base: Base, scopes: Sequence[Scope], points: Points) -> Iterator[Cell]:
        """The cells on one base model; `points` are those of its network and data set, by scope.

        A base model that a penalty changed has only the unpruned model as a control: its cells are compared with the
        controls of the base model after the same number of plain steps.
        """
        yield Cell("", base, control="unpruned")
        for scope, finetune_scope in pairs(scopes, self._config.finetune.scopes):
            trained = finetune_scope != "none"
            for finetune_seed in self._config.finetune.seeds if trained else (None,):
                tuned = Cell(
                    "", base, scope=scope, finetune_scope=finetune_scope, finetune_seed=finetune_seed
                )
                for choice in ("shared", "own") if trained and not base.is_rival else ():
                    yield tuned.but(control="unpruned-fine-tuned", rate_choice=choice)
                for schedule in self._config.finetune.parsed_schedules():
                    yield from self._of_schedule(tuned.but(schedule=schedule), points[scope.label])
        for scope in () if base.is_rival else scopes:
            yield from self._scratch(Cell("", base, scope=scope), points[scope.label])

    def _of_schedule(self, tuned: Cell, points: Sequence[PlannedPoint]) -> Iterator[Cell]:
        for cell in self._budgets(tuned, points):
            for label, pruner in self._criteria.items():
                if not pruner.own_budget:
                    yield from self._of_criterion(cell, label, pruner)
        if not tuned.schedule.rescores:  # a set of filters has no part for a round
            for label, pruner in self._criteria.items():
                if pruner.own_budget:
                    yield from self._of_criterion(tuned, label, pruner)

    def _of_criterion(self, cell: Cell, label: str, pruner: Pruner) -> Iterator[Cell]:
        """Criteria with a budget of their own have no reversed control: what they keep is not as much as goes."""
        drawn = "generator" in pruner.needs
        for seed in self._config.prune.seeds if drawn else (None,):
            yield cell.but(criterion=label, prune_seed=seed)
        if self._config.controls.reversed and not drawn and not pruner.own_budget:
            yield cell.but(criterion=label, control="reversed")

    def _budgets(self, cell: Cell, points: Sequence[PlannedPoint]) -> Iterator[Cell]:
        """The cell at each budget point, under each allocation."""
        for allocation in self._config.prune.parsed_allocations():
            if allocation in self._own_widths:
                yield cell.but(allocation=allocation, budget=OWN)
                continue
            for planned in points:
                yield cell.but(
                    allocation=allocation,
                    ratio=planned.ratio,
                    budget=planned.point.kind,
                    target=planned.target,
                    counts=planned.counts.get(allocation.label),
                )

    def _scratch(self, cell: Cell, points: Sequence[PlannedPoint]) -> Iterator[Cell]:
        """The pruned shapes trained from new weights, if all criteria have the same shape.

        They do not under `global`, `searched` and `latency`.
        """
        controls = self._config.controls
        for pruned in self._budgets(cell, points):
            if not isinstance(pruned.allocation, Global | Searched | Knapsack):
                for control, wanted in (
                    ("scratch", controls.scratch),
                    ("scratch-macs", controls.scratch_macs),
                ):
                    if wanted:
                        yield pruned.but(control=control)
