"""Networks against each other at equal cost, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from prunebench.eval.run.protocol import BASES_FOR_A_CLAIM
from prunebench.reports.content import numbers
from prunebench.reports.statistics.networks_compared import AtCost, NetworkPair


def said_networks(pairs: Sequence[NetworkPair]) -> tuple[str, ...]:
    """A sentence on each pair at the costs they have in common, then how sure that is."""
    said = [_said(pair) for pair in pairs]
    return tuple(map(numbers.unbroken, (*said, *_how(pairs))))


def _said(pair: NetworkPair) -> str:
    first, second = pair.names
    cost = pair.quantity.short
    if not pair.means:
        return _nothing_in_common(pair)
    low, high = pair.means[0].cost, pair.means[-1].cost
    where = numbers.count(low) if low == high else f"{numbers.count(low)} to {numbers.count(high)}"
    return (
        f"{first} against {second} at equal {cost}, {where}: the mean mAP of {first} is {_verdicts(pair.means)}"
        f"{_at_unpruned(pair)}."
    )


def _nothing_in_common(pair: NetworkPair) -> str:
    (low, high), (other_low, other_high) = pair.ranges
    smaller, larger = pair.names if high < other_low else reversed(pair.names)
    top, bottom = (high, other_low) if high < other_low else (other_high, low)
    if top >= bottom:
        return f"{smaller} and {larger} have no criterion in common at equal {pair.quantity.short}."
    return (
        f"{smaller} has at most {numbers.count(top)} {pair.quantity.short} and {larger} at least "
        f"{numbers.count(bottom)}, so they cannot be compared at equal cost: prune more, or take another width."
    )


def _verdicts(found: Sequence[AtCost]) -> str:
    """`higher at 1 of 6 costs, lower at 4, not distinguishable at 1`; without intervals, whose mean is higher."""
    count = f"of {len(found)} cost{'s' * (len(found) != 1)}"
    tested = [at for at in found if at.difference.may_be_none is not None]
    if len(tested) < len(found):
        above = sum(at.difference.mean > 0 for at in found)
        below = len(found) - above
        told = [f"{word} at {held}" for word, held in (("higher", above), ("lower", below)) if held]
        return f"{', '.join([f'{told[0]} {count}', *told[1:]])} (not tested)"
    groups = {
        "higher": [at for at in found if not at.difference.may_be_none and at.difference.mean > 0],
        "lower": [at for at in found if not at.difference.may_be_none and at.difference.mean < 0],
        "not distinguishable": [at for at in found if at.difference.may_be_none],
    }
    told = [f"{word} at {len(held)}" for word, held in groups.items() if held]
    return ", ".join([f"{told[0]} {count}", *told[1:]])


def _at_unpruned(pair: NetworkPair) -> str:
    """`; at 39.0 M, where mobilenet_v2 is unpruned, the difference is −0.031 [−0.060, −0.002]`.

    At the greatest cost in common where none is unpruned.
    """
    last = pair.means[-1]
    which = [name for name, whole in zip(pair.names, last.unpruned, strict=True) if whole]
    whole = f" where {' and '.join(which)} {'are' if len(which) > 1 else 'is'} unpruned," if which else ""
    low, high = last.difference.interval
    difference = f"{numbers.gap(last.difference.mean)} {numbers.interval(low, high)}".rstrip()
    return f"; at {numbers.count(last.cost)},{whole} the difference is {difference}"


def _how(pairs: Sequence[NetworkPair]) -> Iterator[str]:
    """What the differences are means over, what intervals stand on, and whether anything is claimed."""
    found = [at for pair in pairs for at in pair.means]
    if not found:
        return
    most = max(len(at.criteria) for at in found)
    mean = f"The comparison uses test mAP, averaged over the criteria that both networks have (up to {most}, without "
    mean += "random). Networks are not paired, because each has its own base models"
    fewest = min(min(at.bases) for at in found)
    if fewest < 2:
        yield f"{mean}. With one base model of a network there is no interval, and nothing is claimed."
        return
    if any(math.isnan(at.difference.interval[0]) for at in found):
        yield f"{mean}. Without per-clip test scores there is no interval, and nothing is claimed."
        return
    few = (
        "" if fewest >= BASES_FOR_A_CLAIM else f" With {fewest} base models of a network nothing is claimed."
    )
    yield (
        f"{mean}. 95 % intervals take the base seeds of each network as independent samples (Welch) and the test clips "
        f"as the same; they are not corrected for the number of costs.{few}"
    )
