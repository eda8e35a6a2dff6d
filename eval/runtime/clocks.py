"""What a pass is timed by: torch's timer on processors, events on CUDA."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = "Callable[[Callable[[], object]], float]"
"""A call that runs a model once → seconds of a pass."""

# Fast passes are repeated for this long, so that a tick of the timer does not show. Not longer: the shorter a round,
# the nearer in time are the two passes of a ratio, and the better the machine's drift cancels.
BLOCK_SECONDS = 0.005


def clock_of(device: str, threads: int) -> Clock:
    """The clock that times a pass on a device.

    Args:
        device: `"cpu"`, `"cuda"`, `"cuda:1"`, `"mps"`.
        threads: of torch.
    """
    kind = device.partition(":")[0]
    if kind == "cuda":
        return _by_events
    return lambda run: _by_timer(_ended(run, kind), threads)


def _by_timer(run: Callable[[], object], threads: int) -> float:
    # Here, since it loads what compiles extensions, which the process that asks has no use for.
    from torch.utils.benchmark import Timer

    timer = Timer("run()", globals={"run": run}, num_threads=threads)
    return float(timer.blocked_autorange(min_run_time=BLOCK_SECONDS).median)


def _ended(run: Callable[[], object], kind: str) -> Callable[[], object]:
    """The pass to its end: a call returns before the device is done."""
    if kind != "mps":
        return run
    import torch

    def whole() -> None:
        run()
        torch.mps.synchronize()

    return whole


def _by_events(run: Callable[[], object]) -> float:
    """Seconds of a pass on CUDA, the mean over as many as fill `BLOCK_SECONDS`, after one that is thrown away."""
    import torch

    run()
    passes, seconds = 1, 0.0
    while True:
        first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        first.record()
        for _ in range(passes):
            run()
        last.record()
        last.synchronize()
        seconds = float(first.elapsed_time(last)) / 1e3
        if seconds >= BLOCK_SECONDS:
            return seconds / passes
        passes *= 2
