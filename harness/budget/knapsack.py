r"""How many filters each layer loses if scores are weighed against the latency that removal saves.

A knapsack problem, after HALP: in each layer the filters with the highest scores stay, and their number solves

.. math:: \max \sum_l \sum_{k \le n_l} s_{l,(k)} \quad \text{with} \quad \sum_l c_l(n_l) \le C,

:math:`s_{l,(k)}` are the layer's scores in falling order, :math:`c_l(n)` is the latency of the model with n filters in
the layer minus its latency with the fewest, and C is what the latency may exceed that of the smallest shape by. As in
Shen et al., *Structural Pruning via Latency-Saliency Knapsack*, NeurIPS 2022 (arXiv:2210.06659), whose preprint is HALP
(arXiv:2110.10811).

What a filter saves also depends on how many filters the neighbouring layers keep. As in HALP, each round takes the
other layers as the previous round left them, and the rounds end when nothing changes. C is then adjusted until the
whole shape meets the target.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import scipy  # scipy.optimize loads at first use
from numpy.typing import NDArray

from prunebench.harness.budget.allocation import Knapsack
from prunebench.harness.budget.counts import LayerScores
from prunebench.harness.budget.ratio import divided_count
from prunebench.harness.budget.target import BudgetPoint
from prunebench.harness.networks.shape import Shape

ROUNDS = 4  # of costs
BUDGETS = 10  # tried for C, each halving what is left between too slow and too fast
GAP = 1e-6  # of the value of a choice to the best one, relative


Options: TypeAlias = Sequence[Sequence[float] | NDArray[np.float64]]


def best_choice(values: Options, costs: Options, most: float) -> tuple[int, ...]:
    """One option of each class, with the largest sum of values whose costs sum to at most `most`.

    Args:
        values: of each class, its options'.
        costs: of each class, its options', at least 0.
        most: largest sum of costs; at least the sum of the cheapest options.
    """
    sizes = [len(of) for of in values]
    one_each = np.zeros((len(sizes), sum(sizes)))
    for row, end in enumerate(np.cumsum(sizes)):
        one_each[row, end - sizes[row] : end] = 1
    flat, worth = np.concatenate([np.asarray(of, dtype=float) for of in costs]), np.concatenate(values)
    scale, unit = float(np.abs(worth).max()) or 1.0, float(flat.max()) or 1.0
    found = scipy.optimize.milp(
        -worth / scale,
        constraints=[
            scipy.optimize.LinearConstraint(one_each, 1, 1),
            scipy.optimize.LinearConstraint(flat[None] / unit, -np.inf, most / unit),
        ],
        integrality=np.ones(len(flat)),
        bounds=scipy.optimize.Bounds(0, 1),
        options={"mip_rel_gap": GAP},
    )
    assert found.x is not None, f"the cheapest options fit, and the solver says: {found.message}"
    chosen = np.split(np.round(found.x), np.cumsum(sizes)[:-1])
    return tuple(int(np.argmax(of)) for of in chosen)


def knapsack_counts(
    allocation: Knapsack, scores: LayerScores, point: BudgetPoint, model: Shape
) -> tuple[int, ...]:
    """Filters that each layer loses, so that the latency is as near below the target as whole steps allow.

    Args:
        allocation: floor, norming of the scores, and steps.
        scores: layer → (filters,).
        point: the target of latency.
        model: the unpruned model with its `times`.
    """
    layers = list(scores)
    options = [
        _kept(allocation, n, divisor)
        for n, divisor in zip(model.filters(layers), model.multiples(layers), strict=True)
    ]
    values = _values(allocation, scores, options)
    smallest = tuple(of[0] for of in options)
    target = point.amount * model.cost(point.kind)
    low, high = 0.0, 1.0  # of the latency between the smallest shape and the unpruned one
    best = smallest
    kept = tuple(of[-1] for of in options)
    for _ in range(BUDGETS):
        middle = (low + high) / 2
        kept = _solved(values, options, middle, kept, point.kind, model, layers)
        if _cost(kept, point.kind, model, layers) > target:
            high = middle
        else:
            low = middle
            best = max(best, kept, key=lambda each: _cost(each, point.kind, model, layers))
    return tuple(n - k for n, k in zip(model.filters(layers), best, strict=True))


def _solved(
    values: Options,
    options: Sequence[Sequence[int]],
    share: float,
    kept: tuple[int, ...],
    kind: str,
    model: Shape,
    layers: Sequence[str],
) -> tuple[int, ...]:
    """Filters that stay at a share of the latency that can be saved; the first round takes costs at `kept`."""
    seen = []
    for _ in range(ROUNDS):
        costs = []
        for place, of in enumerate(options):
            beside = [_cost((*kept[:place], n, *kept[place + 1 :]), kind, model, layers) for n in of]
            costs.append([cost - beside[0] for cost in beside])
        most = share * sum(of[-1] for of in costs)
        chosen = best_choice(values, costs, most)
        seen.append(kept)
        kept = tuple(of[option] for of, option in zip(options, chosen, strict=True))
        if kept in seen:
            break
    return kept


def _cost(kept: Sequence[int], kind: str, model: Shape, layers: Sequence[str]) -> int:
    gone = [n - k for n, k in zip(model.filters(layers), kept, strict=True)]
    return model.cost(kind, model.without(layers, gone))


def _kept(allocation: Knapsack, filters: int, divisor: int) -> list[int]:
    """How many filters of a layer may stay, ascending to all of them, in `steps` steps."""
    least = allocation.stay(filters)
    wanted = np.linspace(least, filters, allocation.steps + 1).round().astype(int).tolist()
    return sorted({filters - divided_count(filters, filters - n, divisor) for n in wanted})


def _values(
    allocation: Knapsack, scores: LayerScores, options: Sequence[Sequence[int]]
) -> list[NDArray[np.float64]]:
    """Value of the filters that stay: the sum of their scores, after these are made comparable and at least 0."""
    normed = [given / allocation.divisor_of(given) for given in scores.values()]
    least = min(0.0, *(float(of.min()) for of in normed))
    sums = [np.concatenate([[0.0], np.sort(of - least)[::-1].cumsum()]) for of in normed]
    return [of[np.asarray(kept)] for of, kept in zip(sums, options, strict=True)]
