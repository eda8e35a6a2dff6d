"""Which training clips a step sees: stateless, so that a training goes on anywhere."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError

Rows = NDArray[np.intp]


class Order(ABC):
    """An endless order of clips that is a function of its seed."""

    @abstractmethod
    def rows(self, first: int, count: int) -> Rows:
        """The clips of the draws `first` … `first + count − 1`."""


class ShuffledOrder(Order):
    """Whole passes over the clips, each in an order of its own.

    Args:
        clips: how many there are.
        seed: of the orders.
    """

    def __init__(self, clips: int, seed: int) -> None:
        self._clips, self._seed = clips, seed
        self._pass: tuple[int, Rows] = (-1, np.empty(0, dtype=np.intp))

    def rows(self, first: int, count: int) -> Rows:
        """The clips of some draws."""
        return np.array([self._row(draw) for draw in range(first, first + count)], dtype=np.intp)

    def _row(self, draw: int) -> int:
        number, place = divmod(draw, self._clips)
        if self._pass[0] != number:
            self._pass = number, np.random.default_rng([self._seed, number]).permutation(self._clips)
        return int(self._pass[1][place])


class BalancedOrder(Order):
    """PANNs' balanced sampler: every class is drawn once a pass, and its clips in turn.

    Kong et al., *PANNs*, TASLP 2020, with their code: classes come in a new order each pass; of each class the
    clips come in an order that is drawn anew when all have come. A clip of several classes is drawn for each.
    Classes without a clip are left out.

    Args:
        targets: (clips, classes).
        seed: of the orders.
    """

    def __init__(self, targets: NDArray[np.bool_], seed: int) -> None:
        members = [np.flatnonzero(column) for column in targets.T]
        self._members = [clips for clips in members if len(clips)]
        if not self._members:
            raise InputError(
                "Balanced sampling needs training clips with labels. Found none: choose `shuffled`."
            )
        self._seed = seed
        self._pass: tuple[int, Rows] = (-1, np.empty(0, dtype=np.intp))
        self._orders: dict[int, tuple[int, Rows]] = {}

    def rows(self, first: int, count: int) -> Rows:
        """The clips of some draws."""
        return np.array([self._row(draw) for draw in range(first, first + count)], dtype=np.intp)

    def _row(self, draw: int) -> int:
        number, place = divmod(draw, len(self._members))
        if self._pass[0] != number:
            self._pass = number, self.classes_of(number)
        chosen = int(self._pass[1][place])
        # Every class came once in every pass before, so the pass says which of its clips is next.
        epoch, at = divmod(number, len(self._members[chosen]))
        if self._orders.get(chosen, (-1,))[0] != epoch:
            self._orders[chosen] = epoch, self.clips_of(chosen, epoch)
        return int(self._orders[chosen][1][at])

    def classes_of(self, number: int) -> Rows:
        """The order of the classes in a pass."""
        return np.random.default_rng([self._seed, 0, number]).permutation(len(self._members))

    def clips_of(self, chosen: int, epoch: int) -> Rows:
        """The order of a class's clips while they come for the `epoch`-th time."""
        return np.random.default_rng([self._seed, 1, chosen, epoch]).permutation(self._members[chosen])
