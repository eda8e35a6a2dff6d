"""Reading ahead, off the main thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


def ahead(
    items: Iterable[T], fetch: Callable[[T], U], *, threads: int = 2, depth: int = 4
) -> Iterator[tuple[T, U]]:
    """(item, fetch(item)) in order, while the next ones are being fetched.

    Args:
        items: what to fetch, taken as needed.
        fetch: called in other threads; what it raises is raised here.
        threads: that fetch.
        depth: items fetched before they are asked for, at most.
    """
    pool = ThreadPoolExecutor(threads, "prefetch")
    waiting: deque[tuple[T, Future[U]]] = deque()
    try:
        for item in items:
            waiting.append((item, pool.submit(fetch, item)))
            if len(waiting) > depth:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
