"""The environment of a process whose mathematics computes with so many threads."""

from __future__ import annotations

_NAMES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def thread_variables(threads: int) -> dict[str, str]:
    """Variables that OpenMP, MKL and OpenBLAS read once, when they are loaded: name → value."""
    return dict.fromkeys(_NAMES, str(threads))
