"""Memory of a forward pass: the peak of live activations by arithmetic, and the peak that is measured.

The two answer different questions. The analytic peak is what an implementation that frees at once would
need for activations alone; the measured one is what this machine's libraries took, scratch space included.
Neither holds the weights; `prunebench.eval.cost.complexity` counts these.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import psutil

from prunebench.eval.runtime.child import MeasurementError, in_child
from prunebench.eval.runtime.forward import LOG_MEL_CLIP, Factory, forward_pass

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

_CLEAR_REFS, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
_POLL_SECONDS = 0.001
_M_MMAP_THRESHOLD, _MAPPED_BYTES = -3, 65536  # glibc's mallopt(3)


def peak_memory(
    factory: Factory,
    kwargs: Mapping[str, object],
    input_shape: Sequence[int] = LOG_MEL_CLIP,
    method: str = "from_log_mel",
    *,
    threads: int = 1,
) -> int:
    """Peak resident bytes of a fresh child process during one forward pass, over its baseline just before.

    On Linux it is the kernel's own high-water mark (VmHWM), reset before the pass; elsewhere the resident
    size polled each millisecond, which can miss a short peak.

    With glibc, blocks above 64 kB are mapped one by one, so that memory leaves the process as soon as it is
    freed, and a first pass is run beforehand, so that libraries loaded at first use are in the baseline: the
    figure is what is live, repeatable to about 1 %. (By default freed blocks linger in the heap, and the same
    model was measured at anything between 66 and 84 MB instead of 49.) Elsewhere the first pass is measured
    with what it loads.

    Args:
        factory: makes the model; importable from a module.
        kwargs: what it is made of.
        input_shape: of the method's argument; a 10 s clip of log-mel features, batch 1, by default.
        method: the model's method that is run.
        threads: of torch.

    Raises:
        InputError: if `threads` is below 1 or the factory cannot be sent to a child process.
        MeasurementError: if the model cannot be built or run.
    """
    return in_child(threads, _measure, factory, dict(kwargs), tuple(input_shape), method)


def cuda_peak_memory(
    factory: Factory,
    kwargs: Mapping[str, object],
    input_shape: Sequence[int] = LOG_MEL_CLIP,
    method: str = "from_log_mel",
) -> int | str:
    """Peak bytes that CUDA's allocator held during one forward pass, over what the model holds.

    Args:
        factory, kwargs, input_shape, method: as `peak_memory` takes them.

    Returns:
        Bytes, or why there are none, in one sentence: without a device, or where the model does not run on it.
    """
    import torch

    if not torch.cuda.is_available():
        return "CUDA's peak needs a CUDA device and a torch that was built for it. Found none."
    try:
        return in_child(1, _measure_cuda, factory, dict(kwargs), tuple(input_shape), method)
    except MeasurementError as error:
        return str(error)


def _measure_cuda(
    factory: Factory, kwargs: Mapping[str, object], input_shape: Sequence[int], method: str
) -> int:
    import torch

    model = factory(**kwargs).eval().cuda()
    dtype = next(p.dtype for p in model.parameters() if p.is_floating_point())
    features = torch.randn(*input_shape, device="cuda", dtype=dtype)
    with torch.inference_mode():
        getattr(model, method)(features)  # the first pass loads kernels
        torch.cuda.synchronize()
        baseline = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        getattr(model, method)(features)
        torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - baseline


def peak_growth_on(device: torch.device, run: Callable[[], T]) -> tuple[T, int]:
    """What a call returns, and by how many bytes memory grew at the most: CUDA's allocator there, else this process."""
    if device.type != "cuda":
        return peak_growth(run)
    import torch

    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    result = run()
    torch.cuda.synchronize(device)
    return result, torch.cuda.max_memory_allocated(device) - before


def peak_growth(run: Callable[[], T]) -> tuple[T, int]:
    """What a call returns, and by how many resident bytes this process grew at the most while it ran.

    With glibc, memory that was freed before goes back to the system first, or using it again would not show.
    """
    gc.collect()
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
    results: list[T] = []

    def once() -> None:
        results.append(run())

    growth = _high_water(once) if os.access(_CLEAR_REFS, os.W_OK) else _polled(once)
    return results[0], growth


def _measure(factory: Factory, kwargs: Mapping[str, object], input_shape: Sequence[int], method: str) -> int:
    mapped = _map_large_blocks()
    forward = forward_pass(factory, kwargs, method, input_shape)
    if mapped:
        forward()
        gc.collect()
    return peak_growth(forward)[1]


def _map_large_blocks() -> bool:
    """Whether the C library is glibc and was told to."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return mallopt is not None and mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES) == 1


def _high_water(run: Callable[[], object]) -> int:
    _CLEAR_REFS.write_text("5")
    baseline = _status_bytes("VmRSS")
    run()
    return max(0, _status_bytes("VmHWM") - baseline)


def _status_bytes(field: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) * 1024


def _polled(run: Callable[[], object]) -> int:
    process, done = psutil.Process(), threading.Event()
    baseline: int = process.memory_info().rss
    seen = [baseline]

    def watch() -> None:
        while not done.wait(_POLL_SECONDS):
            seen.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        run()
    finally:
        done.set()
        watcher.join()
    return max(seen) - baseline
