"""What fine-tuning aims at: the labels, or a mixture of them with what the base model says."""

from __future__ import annotations

from typing import Any

import filelock
import numpy as np
from numpy.typing import NDArray

from prunebench.eval.files import remove_leftovers, whole_file
from prunebench.harness.cells.base_model import BaseJob, load_base
from prunebench.harness.data.features.splits import split_features, split_targets
from prunebench.harness.training.prediction import predict
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.kept_file import mapped_array, read_kept


def finetuning_targets(base: BaseJob, weight: float, cache: Cache) -> NDArray[Any]:
    """Targets of the training clips, (clips, classes) in [0, 1].

    Binary cross-entropy is linear in its targets, so (1 − w) BCE(z, y) + w BCE(z, p) is BCE(z, (1 − w) y + w p).

    Args:
        base: the base model, whose probabilities p are those on the clips as they are, without augmentation.
        weight: w, 0 for the labels alone.
        cache: where the probabilities are kept.
    """
    labels = split_targets(base.data, "training")
    if weight == 0:
        return labels
    taught = teacher_probabilities(base, cache)
    return ((1 - weight) * labels + weight * taught).astype(np.float32)


def teacher_probabilities(base: BaseJob, cache: Cache) -> NDArray[np.float32]:
    """Probabilities (clips, classes) that the base model gives the training clips, computed once and kept."""
    path = cache.base(base.identity) / "teacher-training.npy"
    shape = split_targets(base.data, "training").shape
    with filelock.FileLock(path.with_suffix(".lock")):
        kept = read_kept(path, lambda path: mapped_array(path, shape))
        if kept is None:
            remove_leftovers(path.parent, path.name)
            found = predict(load_base(base, cache), split_features(base.data, "training", cache))
            with whole_file(path) as stream:
                np.save(stream, found)
            kept = mapped_array(path, shape)
    return np.array(kept)
