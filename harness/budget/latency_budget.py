"""Budgets by latency: the uniform ratio that was timed, and what else in a configuration they depend on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.harness.budget.allocation import Allocation, Knapsack
from prunebench.harness.budget.schedule import ONE_SHOT, Schedule
from prunebench.harness.budget.target import (
    BudgetPoint,
    UniformShape,
    check_above,
    uniform_counts,
    uniform_nearest,
)
from prunebench.harness.networks.layers import Scope
from prunebench.harness.networks.shape import Shape

TOLERANCE = (
    0.03  # a latency is met where what was measured differs from the target by at most this part of it
)


def is_latency(kind: str) -> bool:
    """Whether a budget point is by latency: `"latency_eager"`, `"latency_onnxruntime"`."""
    return kind.startswith("latency_")


def uniform_latency(point: BudgetPoint, model: Shape, scope: Scope) -> UniformShape:
    """The uniform ratio of the timed shape nearest to a target; without one, the nearest by the sum over layers.

    Args:
        point: the target.
        model: the unpruned model, with `times`.
        scope: that is pruned.

    Raises:
        InputError: for a target below what one filter per layer takes, or one that no timed shape meets within
            `TOLERANCE`.
    """
    assert model.times is not None, "a budget by latency is planned with a table of latencies"
    own, layers = model.for_target(scope.label, point.amount), scope.layers
    ratio = dict(model.times.ratios).get((scope.label, point.amount))
    check_above(point, own, layers)
    if ratio is None:
        return uniform_nearest(point, own, layers)
    widths = model.without(layers, uniform_counts(model, layers, ratio))
    found = own.share(point.kind, widths)
    if abs(found - point.amount) > TOLERANCE * point.amount:
        raise InputError(
            f"No timed model meets the latency target {point.amount:g} within {TOLERANCE:.0%}. The nearest takes "
            f"{found:.3f} of the unpruned latency: ask for that, or run again on a quieter machine."
        )
    return UniformShape(ratio, widths)


def with_latency_backend(table: Any) -> Any:
    """A configuration, not yet checked, that also times shapes through the backend of its latency target."""
    if not isinstance(table, dict):
        return table
    prune, measure = table.get("prune", {}), table.get("measure", {})
    if not (isinstance(prune, dict) and isinstance(measure, dict) and prune.get("target_latency")):
        return table
    name, there = prune.get("latency_backend", "eager"), measure.get("backends", ())
    if name == "eager" or not isinstance(there, list | tuple) or name in there:
        return table
    return {**table, "measure": {**measure, "backends": [*there, name]}}


def check_latency_fits(
    allocations: Iterable[Allocation],
    kinds: Iterable[str],
    schedules: Iterable[Schedule],
    device: str,
    *,
    measured: bool,
) -> None:
    """Check that latency targets and the allocation `latency` fit the rest of a configuration.

    Args:
        allocations, schedules: of the grid.
        kinds: of its budget points.
        device: kind of device that models are trained and timed on.
        measured: whether the latency of every shape is measured at the end.

    Raises:
        ValueError: where latency is not measured, or on another device than the target, and where the allocation
            `latency` has a budget of another kind or a schedule that does not remove filters at once.
    """
    by_latency = [is_latency(kind) for kind in kinds]
    if any(isinstance(allocation, Knapsack) for allocation in allocations):
        if not all(by_latency):
            raise ValueError(
                "`prune.allocations` with `latency` works only with budgets by `prune.target_latency`: leave out the "
                "other budgets or the allocation"
            )
        later = next((schedule for schedule in schedules if schedule.name != ONE_SHOT), None)
        if later is not None:
            raise ValueError(
                "`prune.allocations` with `latency` works only with the schedule `one-shot`, but `finetune.schedules` "
                f"contains `{later.label}`: leave out the allocation or this schedule"
            )
    if any(by_latency) and not measured:
        raise ValueError(
            "`prune.target_latency` needs the measured latency, but `measure.latency` is false: set it to true, "
            "or leave out `prune.target_latency`"
        )
    if any(by_latency) and device != "cpu":
        raise ValueError(
            f"`prune.target_latency` is measured on the processor, but `device` is `{device}`: set `device` to `cpu`, "
            "or leave out `prune.target_latency`"
        )
