"""Budgets by latency: the uniform ratio that was timed, held to its target."""

from __future__ import annotations

from prunebench.eval.errors import InputError
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
    """The uniform ratio whose shape was timed nearest to a target; the nearest by the sum over layers where none was.

    Args:
        point: the target.
        model: the unpruned model, with `times`.
        scope: that is pruned.

    Raises:
        InputError: for a target below what one filter a layer takes, or one that no shape that was timed meets within
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
            f"A latency target must be met within {TOLERANCE:.0%} as measured. Found {point.amount:g}, where the "
            f"nearest shape that was timed takes {found:.3f} of the unpruned latency: ask for that, or run "
            "again on a quieter machine."
        )
    return UniformShape(ratio, widths)
