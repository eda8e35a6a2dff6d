"""How many filters each layer loses when the filters of all layers are removed in one order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.harness.budget.ratio import removal_count
from prunebench.harness.budget.target import BudgetPoint, check_reached, nearest_step, rounded_counts
from prunebench.harness.networks.shape import Shape

LayerScores = Mapping[str, NDArray[np.float64]]


def counts_along(
    order: Sequence[int] | NDArray[np.int64],
    point: BudgetPoint,
    model: Shape,
    layers: Sequence[str],
    keeps: str,
    before: Sequence[int] | None = None,
    *,
    exact: bool = True,
) -> tuple[int, ...]:
    """Filters that each layer loses where they go in an order until the budget is met.

    What stays of each layer is rounded to its divisor at the end.

    Args:
        order: place of the layer in `layers`, one for each filter that may go.
        point: the budget; a ratio is the share of the filters of all layers together.
        model: the unpruned model.
        layers: of the scope.
        keeps: what always stays, for the error.
        before: filters that each layer has lost already, which count; none by default.
        exact: a target must be met within the tolerance; else the nearest shape will do.

    Raises:
        InputError: for a budget that the order does not reach.
    """
    gone = np.zeros((len(order) + 1, len(layers)), dtype=np.int64)
    gone[np.arange(1, len(order) + 1), np.asarray(order, dtype=np.int64)] = 1
    gone, lost = gone.cumsum(0), np.asarray(before or [0] * len(layers))
    filters = sum(model.filters(layers))

    def counts_at(step: int) -> tuple[int, ...]:
        if not (model.rounds and exact):
            return tuple(gone[step].tolist())
        total = rounded_counts(model, layers, (gone[step] + lost).tolist())
        return tuple(max(0, n - before) for n, before in zip(total, lost.tolist(), strict=True))

    if point.kind == "ratio":
        count = count_at_ratio(point, filters, len(order) + sum(lost), keeps)
        return counts_at(max(0, count - sum(lost)))

    def shape_at(step: int) -> tuple[int, ...]:
        return model.without(layers, [n + before for n, before in zip(counts_at(step), lost, strict=True)])

    step = nearest_step(point, model, shape_at, len(order))
    if exact:
        check_reached(point, model, shape_at(step), layers, shape_at(len(order)), keeps)
    return counts_at(step)


def count_at_ratio(point: BudgetPoint, filters: int, most: int, keeps: str) -> int:
    """How many filters a ratio of all layers together takes.

    Args:
        point: the ratio.
        filters: of all layers.
        most: that may go.
        keeps: what always stays, for the error.

    Raises:
        InputError: for a ratio that takes more than may go.
    """
    count = removal_count(filters, point.amount)
    if count > most:
        raise InputError(
            f"A ratio of {point.amount:g} removes too many filters, because the run keeps {keeps}. Ask for at most "
            f"{math.floor(1000 * most / filters) / 1000:g}."
        )
    return count
