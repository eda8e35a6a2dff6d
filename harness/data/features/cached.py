"""Features, computed once per split and kept on disk.

One `.npy` file per (data, split, front end), named by the hash of all that decides it, whole or absent. Clips
are taken in fixed groups on one thread each, so the bytes do not depend on the number of workers.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import multiprocessing
import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import filelock
import numpy as np
import torch
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.harness.data import Clips, DataSet
from prunebench.harness.data.features.making import fitting_front, made_by, map_of
from prunebench.harness.networks.contract.front import Front, identity_of
from prunebench.harness.workspace.kept_file import mapped_array, read_kept
from prunebench.harness.workspace.worker_signals import leave_to_parent, leave_with_parent, starting_workers

OnFeatures = Callable[[int, int], None]
FeatureShape = tuple[int, int, int]
GROUP = 32  # clips transformed at once


def cached_features(
    dataset: DataSet,
    split: str,
    cache: Path,
    *,
    front: Front | None = None,
    workers: int = 1,
    progress: OnFeatures | None = None,
) -> NDArray[np.float32]:
    """Features of a split, from the cache or computed into it.

    Args:
        dataset: the data set.
        split: `"training"`, `"validation"` or `"test"`.
        cache: folder of the cache, made if absent. Processes that ask for one file at the same time build it
            once; a file that is damaged is built again.
        front: the front end of a network; PANNs' of the data set's rate by default.
        workers: processes that compute; more than one need a main module that can be imported.
        progress: told (clips finished, clips) while computing.

    Returns:
        (clips, frames, mels), a read-only memory map; log-mels in decibels by PANNs' front end.

    Raises:
        InputError: for a clip that cannot be decoded, a cache that cannot be written, or a front end of another rate
            than the clips'.
    """
    clips = dataset.split(split)
    front = fitting_front(dataset, front)
    shape = (len(clips), *map_of(front, dataset.samples))
    path = cache / f"{_digest(dataset, split, front)}.npy"
    try:
        found = _load(path, shape)
        if found is not None:
            return found
        cache.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_suffix(".lock")):
            found = _load(path, shape)
            if found is None:
                _build(clips, front, path, shape, workers, progress or (lambda done, total: None))
                found = _load(path, shape)
    except OSError as error:
        megabytes = 4 * math.prod(shape) / 1e6
        raise InputError(
            f"The feature cache must be a folder with room for {megabytes:.0f} MB. Found `{cache}` ({error}): make "
            "room, or name another folder with `PRUNEBENCH_CACHE`."
        ) from error
    assert found is not None
    return found


def are_kept(dataset: DataSet, split: str, cache: Path, front: Front) -> bool:
    """Whether the cache has a file of the features of a split, which is not read."""
    return (cache / f"{_digest(dataset, split, front)}.npy").exists()


def _digest(dataset: DataSet, split: str, front: Front) -> str:
    key = {"data": dataset.identity, "split": split, "front_end": dict(identity_of(front))}
    return hashlib.sha256(json.dumps(key, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _load(path: Path, shape: FeatureShape) -> NDArray[np.float32] | None:
    """The features in a file, or nothing where it is absent, cut short or something else."""
    return read_kept(path, lambda path: mapped_array(path, shape))


def _build(
    clips: Clips, front: Front, path: Path, shape: FeatureShape, workers: int, progress: OnFeatures
) -> None:
    partial = path.with_suffix(".partial")  # the lock is held, so nobody else writes this name
    try:
        _allocate(partial, shape)
        with contextlib.closing(_filled(clips, front, partial, workers)) as counts:
            for done in counts:
                progress(done, len(clips))
        with partial.open("rb+") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _allocate(path: Path, shape: FeatureShape) -> None:
    np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape).flush()
    if hasattr(os, "posix_fallocate"):  # on a full disk an error now instead of a killed process later
        with path.open("rb+") as stream:
            os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)


def _filled(clips: Clips, front: Front, path: Path, workers: int) -> Generator[int, None, None]:
    """Compute every group into the file; yields how many clips are finished."""
    starts = range(0, len(clips), GROUP)
    if min(workers, len(starts)) <= 1:
        with _one_thread():
            for start in starts:
                _compute(clips, front, path, start)
                yield min(start + GROUP, len(clips))
        return
    with starting_workers():
        pool = ProcessPoolExecutor(
            min(workers, len(starts)),
            multiprocessing.get_context("spawn"),
            initializer=_begin_worker,
            initargs=(clips, front, path),
        )
    try:
        with starting_workers():
            waiting = [pool.submit(_work, start) for start in starts]
        finished = 0
        for future in as_completed(waiting):
            finished += future.result()
            yield finished
    finally:
        pool.shutdown(cancel_futures=True)


def _compute(clips: Clips, front: Front, path: Path, start: int) -> int:
    group = range(start, min(start + GROUP, len(clips)))
    waveforms = torch.from_numpy(clips.waveforms(np.array(group)))
    out = np.lib.format.open_memmap(path, mode="r+")
    out[group.start : group.stop] = made_by(front, waveforms, out.shape[1:]).numpy()
    out.flush()
    return len(group)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


# What a worker process works on, set once when it begins: clips keep decoded recordings from group to group.
_task: tuple[Clips, Front, Path]


def _begin_worker(clips: Clips, front: Front, path: Path) -> None:
    global _task
    leave_to_parent()
    leave_with_parent()
    _task = clips, front, path
    torch.set_num_threads(1)


def _work(start: int) -> int:
    return _compute(*_task, start)
