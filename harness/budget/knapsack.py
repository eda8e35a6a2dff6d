r"""How many filters each layer loses where scores are weighed against the latency that they save.

A knapsack, after HALP: of each layer the filters of the highest scores stay, and how many that are is chosen so that

.. math:: \max \sum_l \sum_{k \le n_l} s_{l,(k)} \quad \text{with} \quad \sum_l c_l(n_l) \le C,

:math:`s_{l,(k)}` the layer's scores in falling order, :math:`c_l(n)` what the model takes where the layer keeps n
filters, less than what it takes with all of them, and C the latency that is asked for. As in Shen et al., *Structural
Pruning via Latency-Saliency Knapsack*, NeurIPS 2022 (arXiv:2210.06659), whose preprint is HALP (arXiv:2110.10811).

What a filter saves also depends on how many the layers beside it keep. As HALP's costs do, those here take the other
layers as they are after the round before, and the rounds end when none changes; C is then moved until the whole shape
meets the target.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

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
    """One option of each class, of the highest value in all whose costs come to at most `most`.

    Args:
        values: of each class, its options'.
        costs: of each class, its options', at least 0.
        most: that they may come to; at least the sum of the cheapest.
    """
    sizes = [len(of) for of in values]
    one_each = np.zeros((len(sizes), sum(sizes)))
    for row, end in enumerate(np.cumsum(sizes)):
        one_each[row, end - sizes[row] : end] = 1
    flat, worth = np.concatenate([np.asarray(of, dtype=float) for of in costs]), np.concatenate(values)
    scale, unit = float(np.abs(worth).max()) or 1.0, float(flat.max()) or 1.0
    found = milp(
        -worth / scale,
        constraints=[
            LinearConstraint(one_each, 1, 1),
            LinearConstraint(flat[None] / unit, -np.inf, most / unit),
        ],
        integrality=np.ones(len(flat)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": GAP},
    )
    assert found.x is not None, f"the cheapest options fit, and the solver says: {found.message}"
    chosen = np.split(np.round(found.x), np.cumsum(sizes)[:-1])
    return tuple(int(np.argmax(of)) for of in chosen)


def knapsack_counts(
    allocation: Knapsack, scores: LayerScores, point: BudgetPoint, model: Shape
) -> tuple[int, ...]:
    """Filters that each layer loses, so that the latency comes as near to the target as whole steps allow, not above.

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
    """Filters that stay at a share of what can be saved; `kept` is where the costs of layers are first taken."""
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
    """What the filters that stay are worth: the sum of their scores, which are made comparable and at least 0."""
    normed = [given / allocation.divisor_of(given) for given in scores.values()]
    least = min(0.0, *(float(of.min()) for of in normed))
    sums = [np.concatenate([[0.0], np.sort(of - least)[::-1].cumsum()]) for of in normed]
    return [of[np.asarray(kept)] for of, kept in zip(sums, options, strict=True)]
