"""How a process computes, so that results are the same bits wherever that is: threads, denormals, determinism."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from threadpoolctl import threadpool_limits


def settle(threads: int) -> None:
    """Make the calling thread compute as all workers do, so that results are the same bits everywhere."""
    torch.set_num_threads(threads)
    threadpool_limits(threads, "blas")  # NumPy's, which torch does not set
    torch.set_flush_denormal(True)  # dying activations would slow some processors down
    # `use_deterministic_algorithms` imports the compiler, which takes seconds.
    torch.set_deterministic_debug_mode("error")
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # a guard against bugs, which costs time


@contextlib.contextmanager
def settled(threads: int) -> Iterator[None]:
    """`settle` for a while."""
    before, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    fill = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    limits = threadpool_limits(threads, "blas")
    settle(threads)
    try:
        yield
    finally:
        limits.restore_original_limits()
        torch.set_num_threads(before)
        torch.set_flush_denormal(False)
        torch.set_deterministic_debug_mode(mode)
        torch.utils.deterministic.fill_uninitialized_memory = fill  # type: ignore[attr-defined]
