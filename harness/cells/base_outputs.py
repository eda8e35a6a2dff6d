"""What a base model gives on the clips of a split, computed once and kept in the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import filelock
import numpy as np
from numpy.typing import NDArray

from prunebench.eval.files import remove_leftovers, whole_file
from prunebench.harness.cells.base_job import BaseJob, load_base
from prunebench.harness.data.features.splits import split_features, split_targets
from prunebench.harness.training.prediction import predict, stem_outputs
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.kept_file import mapped_array, read_kept


def stem_features(job: BaseJob, split: str, cache: Cache) -> NDArray[np.float32]:
    """What C1–C6 of the base model give on a split: (clips, filters, frames, mels), a read-only memory map."""
    path = cache.base(job.identity) / f"stem-{split}.npy"

    def write(stream: BinaryIO) -> None:
        features = split_features(job.data, split, cache, job.front)
        model = load_base(job, cache)
        with job.placement.holding(model):
            _write_batches(stream, stem_outputs(model, features), len(features))

    return _kept(path, (len(split_targets(job.data, split)), None, None, None), write)


def store_stem(
    job: BaseJob, split: str, cache: Cache, progress: Callable[[int, int], None] | None = None
) -> None:
    """Put the stem's outputs on a split into the cache."""
    stem_features(job, split, cache)
    if progress is not None:
        progress(1, 1)


def teacher_probabilities(job: BaseJob, cache: Cache) -> NDArray[np.float32]:
    """Probabilities (clips, classes) that the base model gives the training clips as they are, without augmentation."""
    path = cache.base(job.identity) / "teacher-training.npy"

    def write(stream: BinaryIO) -> None:
        features, model = split_features(job.data, "training", cache, job.front), load_base(job, cache)
        with job.placement.holding(model):
            np.save(stream, predict(model, features))

    return np.array(_kept(path, split_targets(job.data, "training").shape, write))


def _kept(
    path: Path, shape: tuple[int | None, ...], write: Callable[[BinaryIO], None]
) -> NDArray[np.float32]:
    """An array of the cache, a read-only memory map; made where it is absent or damaged."""
    with filelock.FileLock(path.with_suffix(".lock")):
        found = read_kept(path, lambda path: mapped_array(path, shape))
        if found is None:
            remove_leftovers(path.parent, path.name)
            with whole_file(path) as stream:
                write(stream)
            found = mapped_array(path, shape)
    return found


def _write_batches(stream: BinaryIO, batches: Iterator[NDArray[np.float32]], rows: int) -> None:
    """One array in NumPy's format, written as its batches come: it need not fit into memory."""
    for number, batch in enumerate(batches):
        if number == 0:
            header = {"descr": "<f4", "fortran_order": False, "shape": (rows, *batch.shape[1:])}
            np.lib.format.write_array_header_1_0(stream, header)
        stream.write(np.ascontiguousarray(batch, dtype="<f4").tobytes())
