"""Log-mel features, computed once per split and kept on disk.

One `.npy` file per (data, split, front end), named by the hash of all that decides it, whole or absent. Clips are
taken in fixed groups on one thread each, so the bytes do not depend on the number of workers.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import filelock
import numpy as np
import torch
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.harness import frontend
from prunebench.harness.data import Clips, DataSet

Progress = Callable[[int, int], None]
Shape = tuple[int, int, int]
GROUP = 32  # clips transformed at once


def front_end() -> dict[str, object]:
    """Parameters of the front end, as they enter the identity of cached features."""
    return {
        "version": frontend.VERSION,
        "sample_rate": frontend.SAMPLE_RATE,
        "window": frontend.WINDOW,
        "hop": frontend.HOP,
        "mels": frontend.MELS,
        "fmin": frontend.FMIN,
        "fmax": frontend.FMAX,
        "floor": frontend.FLOOR,
    }


def cached_features(
    dataset: DataSet, split: str, cache: Path, *, workers: int = 1, progress: Progress | None = None
) -> NDArray[np.float32]:
    """Log-mel features of a split, from the cache or computed into it.

    Args:
        dataset: the data set.
        split: `"training"`, `"validation"` or `"test"`.
        cache: folder of the cache, made if absent. Processes that ask for the same file at once build it once; a
            file that is damaged is built again.
        workers: processes that compute; more than one need a main module that can be imported.
        progress: told (clips finished, clips) while computing.

    Returns:
        (clips, frames, 64) in decibels, a read-only memory map.

    Raises:
        InputError: for a clip that cannot be decoded or a cache that cannot be written.
    """
    clips = dataset.split(split)
    shape = (len(clips), frontend.frames(dataset.samples), frontend.MELS)
    path = cache / f"{_digest(dataset, split)}.npy"
    found = _load(path, shape)
    if found is not None:
        return found
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_suffix(".lock")):
            found = _load(path, shape)
            if found is None:
                _build(clips, path, shape, workers, progress or (lambda done, total: None))
                found = _load(path, shape)
    except OSError as error:
        size = 4 * np.prod(shape) / 1e6
        raise InputError(
            f"The feature cache must be a folder with room for {size:.0f} MB. Found `{cache}`: {error}."
        ) from error
    assert found is not None
    return found


def _digest(dataset: DataSet, split: str) -> str:
    key = {"data": dataset.identity, "split": split, "front_end": front_end()}
    return hashlib.sha256(json.dumps(key, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _load(path: Path, shape: Shape) -> NDArray[np.float32] | None:
    """The features in a file, or nothing where it is absent, cut short or something else."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (FileNotFoundError, ValueError, EOFError):
        return None
    fits = isinstance(found, np.memmap) and found.shape == shape and found.dtype == np.dtype(np.float32)
    return found if fits and found.flags.c_contiguous else None


def _build(clips: Clips, path: Path, shape: Shape, workers: int, progress: Progress) -> None:
    partial = path.with_suffix(".partial")  # the lock is held, so the name is ours
    try:
        _allocate(partial, shape)
        for done in _fill(clips, partial, workers):
            progress(done, len(clips))
        with partial.open("rb+") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _allocate(path: Path, shape: Shape) -> None:
    np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape).flush()
    if hasattr(os, "posix_fallocate"):  # a full disk is an error here; later it would kill the process
        with path.open("rb+") as stream:
            os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)


def _fill(clips: Clips, path: Path, workers: int) -> Iterator[int]:
    """Compute all groups, yielding how many clips are finished."""
    starts = range(0, len(clips), GROUP)
    if workers <= 1 or len(starts) == 1:
        with _one_thread():
            for start in starts:
                yield _compute(clips, path, start)
        return
    finished = 0
    pool = ProcessPoolExecutor(
        min(workers, len(starts)), multiprocessing.get_context("spawn"), torch.set_num_threads, (1,)
    )
    # Neighbouring groups go to one worker, for sets whose clips share recordings.
    share = -(-len(starts) // workers)
    ...
