from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

import pytest
import torch


@pytest.fixture(scope="module")
def processor_seconds() -> Iterator[Callable[[Callable[[], object], int], float]]:
    """Median of the processor's time over some rounds, in one thread, as is all else in the file.

    What else the machine does is no part of it. Threads that wait for a busy core spin, and would be counted.
    """

    def seconds(work: Callable[[], object], rounds: int) -> float:
        times = []
        for _ in range(rounds):
            started = time.process_time()
            work()
            times.append(time.process_time() - started)
        return median(times)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield seconds
    torch.set_num_threads(threads)
