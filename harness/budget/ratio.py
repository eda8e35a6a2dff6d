"""How many filters a ratio removes, and which."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.eval.text.given import check_integer


def check_ratio(ratio: float) -> float:
    """The ratio itself.

    Raises:
        InputError: outside [0, 1).
    """
    if not 0 <= ratio < 1:
        share = f": for {ratio:g} %, give {ratio / 100:g}" if 1 < ratio < 100 else ""
        raise InputError(f"A ratio must lie in [0, 1). Found {ratio}{share}.")
    return ratio


def removal_count(filters: int, ratio: float) -> int:
    """Filters that a layer of `filters` loses: min(filters − 1, ⌊ratio · filters + ½⌋).

    Computed on the decimal digits of the ratio: 0.29 of 50 is 14.5 and gives 15, which binary floating
    point would miss.
    """
    exact = Decimal(repr(float(check_ratio(ratio)))) * filters + Decimal("0.5")
    return min(filters - 1, int(exact.to_integral_value(ROUND_FLOOR)))


def divided_removal_count(filters: int, ratio: float, divisor: int) -> int:
    """Filters to remove so that what stays is the multiple of `divisor` nearest to the request, the larger of two.

    Of a layer at least one multiple stays, and a layer of fewer filters than that loses none.

    Raises:
        InputError: for a divisor below 1, or a ratio outside [0, 1).
    """
    check_integer("divisor", divisor, 1)
    return divided_count(filters, removal_count(filters, ratio), divisor)


def divided_count(filters: int, count: int, divisor: int) -> int:
    """As `divided_removal_count`, of a request in filters that go."""
    stays = filters - count
    if divisor == 1 or stays == filters:
        return count
    down = stays // divisor * divisor
    nearest = down if 2 * (stays - down) < divisor else down + divisor
    return filters - min(filters, max(divisor, nearest))


def filters_to_remove(scores: Tensor, ratio: float, divisor: int = 1) -> tuple[int, ...]:
    """Indices of the filters with the lowest scores, ascending; of equal ones the first stored goes first."""
    return lowest(scores, divided_removal_count(len(scores), ratio, divisor))


def lowest(scores: Tensor, count: int) -> tuple[int, ...]:
    """Indices of the `count` lowest scores, ascending; of equal ones the first stored."""
    return tuple(sorted(scores.argsort(stable=True)[:count].tolist()))


def tied_at_cut(scores: Tensor, count: int) -> float:
    """Share of the filters that have the score at which the cut falls; 0 where it falls between two scores.

    Of filters that share it some go and some stay, and only the order they are stored in says which.

    Args:
        scores: (filters,).
        count: of the lowest that go.
    """
    if not 0 < count < len(scores):
        return 0.0
    ordered = scores.sort().values
    return float((scores == ordered[count]).double().mean()) if ordered[count - 1] == ordered[count] else 0.0


def filters_outside(scores: Tensor) -> tuple[int, ...]:
    """Indices of the filters of score 0, for a criterion with a budget of its own; the last stored stays.

    Raises:
        InputError: for scores other than 0 and 1.
    """
    if not bool(((scores == 0) | (scores == 1)).all()):
        raise InputError(
            "A pruner with `own_budget` must give the score 1 to filters that stay and 0 to all others. Found other "
            "scores: correct its method `score`."
        )
    outside: list[int] = (scores == 0).nonzero().flatten().tolist()
    return tuple(outside if len(outside) < len(scores) else outside[:-1])
