"""Pruning one model with one criterion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from prunebench.harness.budget import DEFAULT_SCOPE, filters_to_remove, parse_scope
from prunebench.harness.data.dataset import Clips
from prunebench.harness.frontend import log_mel
from prunebench.harness.model import Cnn14
from prunebench.harness.scoring import score_layers
from prunebench.harness.surgery import remove_filters
from prunebench.pruners.contract import COLLECTED, Pruner


def prune(
    model: Cnn14,
    pruner: Pruner,
    ratio: float,
    layers: str | Sequence[str] = DEFAULT_SCOPE,
    *,
    seed: int = 0,
    clips: Clips | None = None,
) -> Cnn14:
    """A new, smaller model: of each layer the filters with the lowest scores are gone.

    Args:
        model: left as it is.
        pruner: the criterion, from `prunebench.pruners.get`.
        ratio: share of each layer's filters to remove, in [0, 1).
        layers: scope, `"C7-C12"` or a sequence of layer names.
        seed: of the pruner's random numbers, if it draws any.
        clips: calibration clips, for pruners that need activations or gradients; training clips only.

    Raises:
        InputError: for a ratio outside [0, 1), an unknown layer, or calibration clips that are missing.

    Example:
        >>> from prunebench import harness, pruners
        >>> model = harness.Cnn14(widths=[8] * 12, n_classes=10, embedding=16)
        >>> harness.prune(model, pruners.get("l1"), 0.5).widths
        (8, 8, 8, 8, 8, 8, 4, 4, 4, 4, 4, 4)
    """
    scope = parse_scope(layers)
    features = targets = None
    if clips is not None and pruner.needs & COLLECTED:
        waveforms = np.stack([clips.waveform(index) for index in range(len(clips))])
        features, targets = log_mel(torch.from_numpy(waveforms)).numpy(), clips.targets
    scores = score_layers(model, pruner, scope, seed=seed, features=features, targets=targets)
    return remove_filters(
        model, {layer: filters_to_remove(values, ratio) for layer, values in scores.items()}
    )
