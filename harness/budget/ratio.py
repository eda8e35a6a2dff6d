"""How many filters a ratio removes, and which."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

from torch import Tensor

from prunebench.eval.errors import InputError, nearest
from prunebench.harness.networks.cnn14 import LAYERS

DEFAULT_SCOPE = "C7-C12"


def parse_scope(scope: str | Sequence[str]) -> tuple[str, ...]:
    """Layers of a scope in the order of the network.

    Args:
        scope: `"C7-C12"`, `"C8"`, `"C1-C3,C12"`, or a sequence of layer names.

    Raises:
        InputError: for an unknown layer or a range that runs backwards.
    """
    parts = scope.split(",") if isinstance(scope, str) else list(scope)
    chosen: set[str] = set()
    for part in parts:
        first, dash, last = part.strip().partition("-")
        for name in (first, last) if dash else (first,):
            if name not in LAYERS:
                raise InputError(f"A layer must be one of C1 … C12. Found `{name}`; {nearest(name, LAYERS)}")
        start, stop = LAYERS.index(first), LAYERS.index(last if dash else first)
        if start > stop:
            raise InputError(f"A scope must run from the lower to the higher layer. Found `{part.strip()}`.")
        chosen.update(LAYERS[start : stop + 1])
    return tuple(layer for layer in LAYERS if layer in chosen)


def scope_name(layers: Sequence[str]) -> str:
    """The shortest name of a scope: `"C7-C12"` for six layers in a row."""
    runs = _consecutive([LAYERS.index(layer) + 1 for layer in layers])
    return ",".join(f"C{run[0]}" if len(run) == 1 else f"C{run[0]}-C{run[-1]}" for run in runs)


def _consecutive(numbers: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def check_ratio(ratio: float) -> float:
    """The ratio itself.

    Raises:
        InputError: outside [0, 1).
    """
    if not 0 <= ratio < 1:
        raise InputError(f"A ratio must lie in [0, 1). Found {ratio}.")
    return ratio


def removal_count(filters: int, ratio: float) -> int:
    """Filters that a layer of `filters` loses: min(filters − 1, ⌊ratio · filters + ½⌋).

    Computed on the decimal digits of the ratio: 0.29 of 50 is 14.5 and gives 15, which binary floating
    point would miss.
    """
    exact = Decimal(repr(float(check_ratio(ratio)))) * filters + Decimal("0.5")
    return min(filters - 1, int(exact.to_integral_value(ROUND_FLOOR)))


def filters_to_remove(scores: Tensor, ratio: float) -> tuple[int, ...]:
    """Indices of the filters with the lowest scores, ascending; of equal ones the first stored goes first."""
    return lowest(scores, removal_count(len(scores), ratio))


def lowest(scores: Tensor, count: int) -> tuple[int, ...]:
    """Indices of the `count` lowest scores, ascending; of equal ones the first stored."""
    return tuple(sorted(scores.argsort(stable=True)[:count].tolist()))


def filters_outside(scores: Tensor) -> tuple[int, ...]:
    """Indices of the filters of score 0, for a criterion with a budget of its own; the last stored stays.

    Raises:
        InputError: for scores other than 0 and 1.
    """
    if not bool(((scores == 0) | (scores == 1)).all()):
        raise InputError("A pruner with `own_budget` must score 1 for filters to keep and 0 for the others.")
    outside: list[int] = (scores == 0).nonzero().flatten().tolist()
    return tuple(outside if len(outside) < len(scores) else outside[:-1])
