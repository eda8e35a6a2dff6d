"""How long a graph of pieces takes on a number of workers, each piece as soon as what it needs is there."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import TypeVar

P = TypeVar("P", bound=Hashable)


def makespan(
    needs: Mapping[P, Sequence[P]], seconds: Callable[[P], float], rank: Callable[[P], int], workers: int
) -> float:
    """Seconds from the first piece to the end of the last, where a free worker takes the next piece that is ready.

    With one worker it is the sum of all pieces, and never less than the longest chain of pieces that need each other.

    Args:
        needs: piece → pieces that must end before it begins.
        seconds: that a piece takes.
        rank: pieces of a lower rank are taken first; of equal ones the first that was ready.
        workers: at least 1.
    """
    order = TopologicalSorter(needs)
    order.prepare()
    ready: list[tuple[int, int, P]] = []
    running: list[tuple[float, int, P]] = []
    now, taken = 0.0, 0
    while order.is_active():
        for piece in order.get_ready():
            heapq.heappush(ready, (rank(piece), taken, piece))
            taken += 1
        while ready and len(running) < workers:
            _, number, piece = heapq.heappop(ready)
            heapq.heappush(running, (now + seconds(piece), number, piece))
        now, _, piece = heapq.heappop(running)
        order.done(piece)
    return now
