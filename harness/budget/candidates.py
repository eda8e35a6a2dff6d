"""The candidates of a searched allocation: how many filters each layer loses, drawn so that the budget is met."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.harness.budget.allocation import Searched
from prunebench.harness.budget.counts import counts_along
from prunebench.harness.budget.target import BudgetPoint
from prunebench.harness.networks.shape import Shape

VERSION = 1  # raised when a search would draw others or choose otherwise
DRAWS_EACH = 20  # for each candidate, before a budget is taken to have no more


def candidate_counts(
    allocation: Searched,
    point: BudgetPoint,
    model: Shape,
    layers: Sequence[str],
    uniform: tuple[int, ...],
    seed: Sequence[int],
) -> tuple[tuple[int, ...], ...]:
    """Filters that each layer loses, for each candidate: `uniform` first, then others that are all different.

    Each layer draws a shift within the spread, uniformly. All layers then lose filters at one common ratio plus their
    own shift, which lies between 0 and what the floor lets go, and the common ratio rises until the budget is met.

    Args:
        allocation: how many, how far apart, and the floor.
        point: the budget; a ratio is the share of the filters of all layers together.
        model: the unpruned model.
        layers: of the scope.
        uniform: filters that each layer loses where all lose the same ratio.
        seed: of the draws, which are a function of it and of nothing else.
    """
    draw = np.random.default_rng(list(seed))
    found = {uniform: None}
    for _ in range(DRAWS_EACH * (allocation.candidates - 1)):
        if len(found) == allocation.candidates:
            break
        shifts = draw.uniform(-allocation.spread / 2, allocation.spread / 2, len(layers))
        order = removal_order(shifts, model.filters(layers), allocation)
        try:
            found[counts_along(order, point, model, layers, allocation.keeps)] = None
        except InputError:  # whole filters do not meet this budget along these ratios
            continue
    return tuple(found)


def removal_order(
    shifts: NDArray[np.float64], filters: Sequence[int], allocation: Searched
) -> NDArray[np.int64]:
    """Places of the layers that lose a filter, one after the other, while the common ratio rises.

    Args:
        shifts: (layers,), what each layer's ratio is more than the common one.
        filters: of each layer.
        allocation: whose floor always stays.
    """
    ratios, places = [], []
    for place, (shift, n) in enumerate(zip(shifts, filters, strict=True)):
        going = n - allocation.stay(n)
        # A layer of n filters loses its k-th at the ratio (k − ½) / n, as under `uniform`.
        ratios.append((np.arange(1, going + 1) - 0.5) / n - shift)
        places.append(np.full(going, place))
    order = np.argsort(np.concatenate(ratios), kind="stable")
    return np.concatenate(places)[order].astype(np.int64)
