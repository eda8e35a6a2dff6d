"""Features and targets of a split, by the options that name the data set.

Workers are handed options, not arrays; each process opens a data set once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray

from prunebench.harness.data import DataOptions, DataSet, open_dataset
from prunebench.harness.data.features.cached import cached_features
from prunebench.harness.data.features.streamed import StreamedFeatures
from prunebench.harness.data.plugins.pinned import check_expected, contents_of
from prunebench.harness.networks.contract.front import Front
from prunebench.harness.workspace.cache import Cache


def opened(data: DataOptions) -> DataSet:
    """The data set of the options, opened once a process, and again where a file that defines it was edited.

    Raises:
        InputError: as `open_dataset`; for a data set of a plug-in that has changed since the run began.
    """
    return _opened(data, contents_of(data.files))


@functools.lru_cache(maxsize=8)
def _opened(data: DataOptions, contents: tuple[str, ...]) -> DataSet:
    dataset = open_dataset(data)
    check_expected(data, dataset)
    return dataset


def store_features(
    data: DataOptions,
    split: str,
    cache: Cache,
    progress: Callable[[int, int], None] | None = None,
    front: Front | None = None,
) -> None:
    """Put the features of a split into the cache, unless the split is streamed.

    Args:
        data: of the data set.
        split: of it.
        cache: where they go.
        progress: told (clips finished, clips).
        front: the front end of a network; PANNs' of the data set's rate by default.

    Raises:
        InputError: as `cached_features`.
    """
    dataset = opened(data)
    if split not in dataset.streamed:
        cached_features(dataset, split, cache.features, front=front, progress=progress)


def split_features(
    data: DataOptions, split: str, cache: Cache, front: Front | None = None
) -> NDArray[np.float32]:
    """Features (clips, frames, mels) of a split, by a front end: a read-only memory map, or what computes its rows."""
    dataset = opened(data)
    if split in dataset.streamed:
        return cast(
            NDArray[np.float32], StreamedFeatures(dataset, split, front)
        )  # rows and length are all that is used
    return cached_features(dataset, split, cache.features, front=front)


def split_targets(data: DataOptions, split: str) -> NDArray[np.bool_]:
    """Targets (clips, classes) of a split."""
    return opened(data).split(split).targets
