"""The budget points of a plan, each with the ratio and the widths that it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prunebench.eval.errors import InputError
from prunebench.harness.budget.allocation import Floored, Global, PerLayer, SameAs
from prunebench.harness.budget.counts import counts_along
from prunebench.harness.budget.latency_budget import is_latency, uniform_latency
from prunebench.harness.budget.sensitivity import layer_widths, sensitivity_curves, sensitivity_order
from prunebench.harness.budget.target import BudgetPoint, uniform_shape
from prunebench.harness.config.config import Config
from prunebench.harness.networks.layers import Scope
from prunebench.harness.networks.shape import Shape
from prunebench.harness.plan.subjects import Subject

RemovedCounts = tuple[int, ...]


@dataclass(frozen=True)
class PlannedPoint:
    """A budget point on one model and scope.

    Args:
        point: as it was asked for.
        ratio: the uniform one that meets it.
        widths: what that ratio leaves of each group.
        counts: label of an allocation → filters that go of each layer, where the plan decides that.
    """

    point: BudgetPoint
    ratio: float
    widths: tuple[int, ...]
    counts: Mapping[str, RemovedCounts]

    @property
    def target(self) -> float | None:
        """The share that stays, `None` for a point by ratio or limits."""
        return None if self.point.kind == "ratio" or self.point.limits else self.point.amount


def planned_points(config: Config, data: str, subject: Subject) -> dict[str, tuple[PlannedPoint, ...]]:
    """The points of each scope, smallest first.

    Args:
        config: the sweep.
        data: label of the data set.
        subject: the network on it.

    Raises:
        InputError: for a point that an allocation cannot reach, or a sensitivity table that does not fit.
    """
    return {scope.label: _points(config, data, subject.shape, scope) for scope in subject.scopes}


def _points(config: Config, data: str, model: Shape, scope: Scope) -> tuple[PlannedPoint, ...]:
    prune, layers = config.prune, scope.layers
    allocations = prune.parsed_allocations()
    orders = {}
    for allocation in allocations:
        if isinstance(allocation, PerLayer):
            assert prune.sensitivity is not None
            curves = sensitivity_curves(prune.sensitivity, data, prune.sensitivity_criterion, model, layers)
            orders[allocation] = sensitivity_order(curves, allocation, layer_widths(model, layers))
    found = []
    for point in prune.points():
        with_key = _key(point)
        try:
            timed = is_latency(point.kind)
            uniform = uniform_latency(point, model, scope) if timed else uniform_shape(point, model, layers)
            own = model.for_target(scope.label, point.amount) if timed else model
            for allocation in allocations:
                floored = Global() if isinstance(allocation, SameAs) else allocation
                if isinstance(floored, Floored):
                    floored.check_reach(point, own, layers)
            counts = {
                allocation.label: counts_along(order, point, own, layers, _measured(allocation))
                for allocation, order in orders.items()
            }
        except InputError as error:
            raise InputError(f"`{with_key}`: {error}") from error
        found.append(PlannedPoint(point, uniform.ratio, uniform.widths, counts))
    return tuple(found)


def _key(point: BudgetPoint) -> str:
    if point.limits is not None:
        return "prune.limits"
    if point.kind == "ratio":
        return "prune.ratios"
    by_kind = {"macs": "macs", "latency": "latency"}
    return f"prune.target_{by_kind.get(point.kind.partition('_')[0], point.kind)}"


def _measured(allocation: PerLayer) -> str:
    return f"{allocation.keeps}, and every filter beyond the last ratio of the sensitivity table"
