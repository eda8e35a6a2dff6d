"""Scoring and pruning one model with one criterion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.harness.budget.ratio import filters_outside, filters_to_remove
from prunebench.harness.data.dataset import Clips
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.frontend import FrontEnd, log_mel
from prunebench.harness.networks.layers import DEFAULT_SCOPE, parse_scope
from prunebench.harness.pruning.scoring import score_layers
from prunebench.harness.pruning.surgery import remove_filters
from prunebench.pruners.contract import COLLECTED, Pruner

GROUP = 16  # clips whose features are computed at once


def score(
    model: Cnn14,
    pruner: Pruner,
    layers: str | Sequence[str] = DEFAULT_SCOPE,
    *,
    seed: int = 0,
    clips: Clips | None = None,
) -> dict[str, Tensor]:
    """Scores of every filter of the given layers.

    Args:
        model: left as it is.
        pruner: the criterion, from `prunebench.pruners.get`.
        layers: scope, `"C7-C12"` or a sequence of layer names.
        seed: of the pruner's random numbers, if it draws any.
        clips: calibration clips, for pruners that need activations or gradients; training clips only.

    Returns:
        layer → (filters,), higher is kept.

    Raises:
        InputError: for an unknown layer, or calibration clips that are missing.
    """
    features = targets = None
    if clips is not None and pruner.needs & COLLECTED:
        features, targets = clip_features(clips, model.frontend), clips.targets
    return score_layers(model, pruner, parse_scope(layers), seed=seed, features=features, targets=targets)


def prune(
    model: Cnn14,
    pruner: Pruner,
    ratio: float | None,
    layers: str | Sequence[str] = DEFAULT_SCOPE,
    *,
    seed: int = 0,
    clips: Clips | None = None,
) -> Cnn14:
    """A new, smaller model: of each layer the filters with the lowest scores are gone.

    Args:
        model: left as it is.
        pruner: the criterion, from `prunebench.pruners.get`.
        ratio: share of each layer's filters to remove, in [0, 1); `None` for a pruner that chooses how many
            filters go (`own_budget`).
        layers, seed, clips: as `score` takes them.

    Raises:
        InputError: for a ratio outside [0, 1), or one too many or too few, an unknown layer, or calibration
            clips that are missing.

    Example:
        >>> from prunebench import harness, pruners
        >>> model = harness.Cnn14(widths=[8] * 12, n_classes=10, embedding=16)
        >>> harness.prune(model, pruners.get("l1"), 0.5).widths
        (8, 8, 8, 8, 8, 8, 4, 4, 4, 4, 4, 4)
    """
    check_budget(pruner, ratio)
    scores = score(model, pruner, layers, seed=seed, clips=clips)
    removed = {
        layer: filters_outside(values) if ratio is None else filters_to_remove(values, ratio)
        for layer, values in scores.items()
    }
    return remove_filters(model, removed)


def check_budget(pruner: Pruner, ratio: float | None) -> None:
    """A ratio for a pruner that ranks, none for one that chooses how many filters go.

    Raises:
        InputError: for the other way round.
    """
    if pruner.own_budget and ratio is not None:
        raise InputError(
            f"Pruner `{pruner.label}` chooses how many filters go, so no ratio reaches into it. Found ratio "
            f"{ratio}: leave it out."
        )
    if not pruner.own_budget and ratio is None:
        raise InputError(f"Pruner `{pruner.label}` needs a ratio in [0, 1). Found none: give one.")


def clip_features(clips: Clips, front: FrontEnd) -> NDArray[np.float32]:
    """Log-mel features (clips, frames, mels), a few clips at a time.

    Raises:
        InputError: for clips of another sample rate than the front end's.
    """
    if clips.sample_rate != front.sample_rate:
        raise InputError(
            f"Calibration clips must have the sample rate of the model, {front.sample_rate} Hz. Found clips at "
            f"{clips.sample_rate} Hz: open the data set with `sample_rate = {front.sample_rate}`."
        )
    groups = []
    for first in range(0, len(clips), GROUP):
        waveforms = [clips.waveform(index) for index in range(first, min(first + GROUP, len(clips)))]
        groups.append(log_mel(torch.from_numpy(np.stack(waveforms)), front).numpy())
    return np.concatenate(groups) if groups else np.zeros((0, 0, 0), dtype=np.float32)
