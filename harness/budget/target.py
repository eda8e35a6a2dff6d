"""Budget points: how much is removed, as a ratio of filters, as a share of a cost that stays, or down to limits.

A target is found on the real removed shape by the closed form, so nothing is built to find it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from prunebench.eval.errors import InputError
from prunebench.harness.budget.limits import Limits, limits_of
from prunebench.harness.budget.ratio import divided_count, removal_count
from prunebench.harness.networks.layers import LAYERS, scope_name
from prunebench.harness.networks.shape import Shape

TOLERANCE = 0.01  # a target is met where cost and target differ by at most this part of the target
WORDS = {
    "macs_backbone": "MACs (backbone)",
    "macs_with_frontend": "MACs (with front end)",
    "parameters": "parameters",
    "file_bytes": "bytes of the file",
    "memory": "peak memory (weights and activations)",
}


@dataclass(frozen=True)
class BudgetPoint:
    """How much goes.

    Args:
        kind: `"ratio"`, the cost that is aimed at (one of `WORDS`), or the label of `Limits`.
        amount: of `"ratio"` the share of filters to remove; of a cost the share of the unpruned model's that stays; of
            limits the share that goes of what the unpruned model has too much. In (0, 1), of limits 1.
    """

    kind: str
    amount: float

    def part(self, share: float) -> BudgetPoint:
        """The point at which `share` of what this one takes away is gone: a round of an iterative schedule."""
        if share == 1:
            return self
        of_removed = self.kind == "ratio" or self.limits is not None
        amount = self.amount * share if of_removed else 1 - (1 - self.amount) * share
        return BudgetPoint(self.kind, amount)

    @property
    def limits(self) -> Limits | None:
        """The limits to meet, `None` for another kind."""
        return limits_of(self.kind)

    def excess(self, model: Shape, widths: tuple[int, ...]) -> float:
        """What a shape costs beyond the target, or beyond the worst of the limits: at most 0 where it is met."""
        limits = self.limits
        if limits is not None:
            return limits.excess(model, widths, self.amount)
        return model.cost(self.kind, widths) - self.amount * model.cost(self.kind)


@dataclass(frozen=True)
class UniformShape:
    """What a budget point comes to where every layer of the scope loses the same ratio.

    Args:
        ratio: the one given, or the shortest decimal that gives the shape.
        widths: filters that stay in C1 … C12.
    """

    ratio: float
    widths: tuple[int, ...]


def uniform_counts(model: Shape, layers: Sequence[str], ratio: float) -> tuple[int, ...]:
    """Filters that each layer loses at one ratio, what stays rounded to its divisor."""
    return rounded_counts(model, layers, [removal_count(n, ratio) for n in model.filters(layers)])


def rounded_counts(model: Shape, layers: Sequence[str], counts: Sequence[int]) -> tuple[int, ...]:
    """Filters to remove from each layer so that what stays is a multiple of its divisor."""
    if not model.rounds:
        return tuple(counts)
    sizes = zip(model.filters(layers), counts, model.multiples(layers), strict=True)
    return tuple(divided_count(filters, count, divisor) for filters, count, divisor in sizes)


def uniform_shape(point: BudgetPoint, model: Shape, layers: Sequence[str]) -> UniformShape:
    """The uniform ratio of a budget point, and its shape.

    Raises:
        InputError: for a target that no ratio reaches within `TOLERANCE`, with what can be reached.
    """
    found = uniform_nearest(point, model, layers)
    if point.kind != "ratio":
        check_reached(point, model, found.widths, layers, uniform_smallest(model, layers))
    return found


def uniform_nearest(point: BudgetPoint, model: Shape, layers: Sequence[str]) -> UniformShape:
    """The uniform ratio that comes nearest to a budget point, however near that is."""
    filters = model.filters(layers)

    def at(ratio: Fraction) -> tuple[int, ...]:
        return model.without(layers, rounded_counts(model, layers, [_count(n, ratio) for n in filters]))

    if point.kind == "ratio":
        return UniformShape(point.amount, model.without(layers, uniform_counts(model, layers, point.amount)))
    # A layer of n filters loses its k-th at the ratio (k − ½) / n: between two such ratios nothing changes.
    steps = sorted({Fraction(2 * k - 1, 2 * n) for n in filters for k in range(1, n)})
    if not steps:
        return UniformShape(0.0, model.widths)
    ends = [*steps, Fraction(1)]
    place = nearest_step(
        point, model, lambda index: at(steps[index - 1]) if index else model.widths, len(steps)
    )
    return UniformShape(_shortest_decimal(steps[place - 1], ends[place]), at(steps[place - 1]))


def uniform_smallest(model: Shape, layers: Sequence[str]) -> tuple[int, ...]:
    """What the largest uniform ratio leaves: one filter a layer, or one multiple of its divisor."""
    return model.without(layers, rounded_counts(model, layers, [n - 1 for n in model.filters(layers)]))


def nearest_step(
    point: BudgetPoint, model: Shape, shape_at: Callable[[int], tuple[int, ...]], steps: int
) -> int:
    """The step whose shape costs nearest to a target; of equally near ones the one that removes less, but something.

    Of limits it is the first that keeps them all.

    Args:
        point: a target of a cost, or limits.
        model: the unpruned model.
        shape_at: step 0 … `steps` → widths; each step costs at most what the one before does.
        steps: the last one.
    """
    low, high = 0, steps
    while low < high:
        middle = (low + high) // 2
        if point.excess(model, shape_at(middle)) > 0:
            low = middle + 1
        else:
            high = middle
    if point.limits is not None:
        return max(low, min(1, steps))
    near = [step for step in (low - 1, low) if step >= min(1, steps)]
    return min(near, key=lambda step: abs(point.excess(model, shape_at(step))))


def check_reached(
    point: BudgetPoint,
    model: Shape,
    widths: tuple[int, ...],
    layers: Sequence[str],
    smallest: tuple[int, ...],
    keeps: str = "one filter a layer",
) -> None:
    """Check that a shape meets its target, or comes as near to it as multiples of a divisor allow.

    Raises:
        InputError: for a shape that misses it by more than `TOLERANCE`, with the reachable range, or for limits that
            the smallest shape does not keep.
    """
    limits = point.limits
    if limits is not None:
        limits.check_reached(model, smallest, _called(model, layers), keeps)
        return
    found = model.share(point.kind, widths)
    if model.rounds and widths != model.widths:
        return  # as nearly as multiples allow, which the record says
    if widths != model.widths and abs(found - point.amount) <= TOLERANCE * point.amount:
        return
    check_above(point, model, layers, smallest, keeps)
    raise InputError(
        f"No number of filters in {_called(model, layers)} meets the target {point.amount:g} of the "
        f"{_word(point.kind)} within {TOLERANCE:.0%}. The nearest shape has {found:.4g}: ask for that, or for "
        "another target."
    )


def check_above(
    point: BudgetPoint,
    model: Shape,
    layers: Sequence[str],
    smallest: tuple[int, ...] | None = None,
    keeps: str = "one filter a layer",
) -> None:
    """Check that a target is not below what the smallest shape costs.

    Raises:
        InputError: for one that is, with the reachable range.
    """
    floor = model.share(point.kind, smallest or uniform_smallest(model, layers))
    if point.amount < floor:
        raise InputError(
            f"The scope must be able to meet a target: pruning {_called(model, layers)} down to {keeps} leaves "
            f"{_upwards(floor)} of the {_word(point.kind)}. Found {point.amount:g}: ask for {_upwards(floor)} to "
            "1, or widen the scope."
        )


def _word(kind: str) -> str:
    return WORDS.get(kind) or f"latency ({kind.removeprefix('latency_')})"


def _called(model: Shape, layers: Sequence[str]) -> str:
    """A scope in a few words."""
    if model.groups == LAYERS:
        return scope_name(layers)
    return layers[0] if len(layers) == 1 else f"{len(layers)} groups from {layers[0]} to {layers[-1]}"


def _upwards(share: float) -> str:
    return f"{math.ceil(share * 1e4) / 1e4:g}"


def _count(filters: int, ratio: Fraction) -> int:
    return min(filters - 1, math.floor(ratio * filters + Fraction(1, 2)))


def _shortest_decimal(low: Fraction, high: Fraction) -> float:
    """The decimal of fewest digits in [low, high)."""
    for digits in itertools.count(1):
        candidate = Fraction(math.ceil(low * 10**digits), 10**digits)
        if candidate < high:
            return float(candidate)
    raise AssertionError
