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
from prunebench.harness.workspace.cache import Cache


@functools.lru_cache(maxsize=8)
def opened(data: DataOptions) -> DataSet:
    """The data set of the options, opened once a process."""
    return open_dataset(data)


def store_features(
    data: DataOptions, split: str, cache: Cache, progress: Callable[[int, int], None] | None = None
) -> None:
    """Put the features of a split into the cache, unless the split is streamed."""
    dataset = opened(data)
    if split not in dataset.streamed:
        cached_features(dataset, split, cache.features, progress=progress)


def split_features(data: DataOptions, split: str, cache: Cache) -> NDArray[np.float32]:
    """Log-mel features (clips, frames, mels) of a split: a read-only memory map, or what computes its rows."""
    dataset = opened(data)
    if split in dataset.streamed:
        return cast(
            NDArray[np.float32], StreamedFeatures(dataset, split)
        )  # rows and length are all that is used
    return cached_features(dataset, split, cache.features)


def split_targets(data: DataOptions, split: str) -> NDArray[np.bool_]:
    """Targets (clips, classes) of a split."""
    return opened(data).split(split).targets
