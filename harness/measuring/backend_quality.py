"""Tagging quality of a model through other backends, whose arithmetic is not torch's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from prunebench.eval.errors import InputError
from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.eval.runtime.backends import backend, run_in_batches
from prunebench.eval.runtime.int8_graph import CALIBRATION_CLIPS
from prunebench.eval.text.foreign_code import raised
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import split_features, split_targets
from prunebench.harness.data.some_clips import drawn_rows
from prunebench.harness.workspace.cache import Cache


def backend_quality(
    model: nn.Module,
    backends: Sequence[str],
    data: DataOptions,
    cache: Cache,
    *,
    threads: int = 1,
    batch: int = 16,
) -> dict[str, Mapping[str, float] | str]:
    """mAP on test clips through each backend, and how far its probabilities are from torch's.

    An 8-bit backend takes the ranges of its activations from training clips.

    Args:
        model: what `measurable_of` gives, with as many classes as the data set.
        backends: names.
        data: options of the data set.
        cache: of its features, which the front end of the model makes.
        threads: of every backend.
        batch: clips at a time.

    Returns:
        Backend → `test_map`, `classes_with_positives`, which it is the mean over, of `classes`; `mean_difference` and
        `largest_difference` of the probabilities from those of `eager`; or why there is none, in one sentence.
    """
    measured: Any = model
    training, test = (split_features(data, split, cache, measured.frontend) for split in ("training", "test"))
    rows = drawn_rows(len(training), CALIBRATION_CLIPS)
    example = torch.from_numpy(np.array(training[rows]))
    eager = run_in_batches(backend("eager").prepare(model, "from_log_mel", example, threads), test, batch)
    found: dict[str, Mapping[str, float] | str] = {}
    for name in dict.fromkeys(backends):
        missing = backend(name).missing()
        if missing is not None:
            found[name] = missing
            continue
        try:
            run = backend(name).prepare(model, "from_log_mel", example, threads)
            scores = run_in_batches(run, test, batch)
            found_map = mean_average_precision(split_targets(data, "test"), scores)
        except InputError as error:
            found[name] = str(error)
            continue
        except Exception as error:  # a backend may raise anything on a model it cannot take
            found[name] = f"Backend `{name}` failed: {raised(error)}"
            continue
        difference = np.abs(scores - eager)
        found[name] = {
            "test_map": found_map.value,
            "classes_with_positives": found_map.classes_with_positives,
            "classes": found_map.classes,
            "mean_difference": float(difference.mean()),
            "largest_difference": float(difference.max()),
        }
    return found
