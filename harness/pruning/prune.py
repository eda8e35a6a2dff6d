"""Scoring and pruning one model with one criterion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.eval.text.given import check_integer
from prunebench.eval.text.written_labels import written
from prunebench.harness.budget.ratio import check_ratio, filters_outside, filters_to_remove
from prunebench.harness.data.dataset import Clips
from prunebench.harness.networks.contract.front import Front
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.pruning.arguments import (
    Calibration,
    check_ratio_kind,
    clips_given,
    scope_given,
)
from prunebench.harness.pruning.folded_means import of_removed
from prunebench.harness.pruning.reduction import DEFAULT, check_reduction
from prunebench.harness.pruning.scoring import Scored, scored_layers
from prunebench.harness.pruning.sources import resolve
from prunebench.harness.pruning.surgery import remove_filters
from prunebench.pruners.contract import COLLECTED, Pruner

GROUP = 16  # clips whose features are computed at once
M = TypeVar("M", bound=nn.Module)


def score(
    model: nn.Module | Tagger,
    pruner: Pruner | str,
    scope: str | Sequence[str] | None = None,
    *,
    network: Network | str | None = None,
    seed: int = 0,
    clips: Calibration | None = None,
    reduction: str = DEFAULT,
    layers: str | Sequence[str] | None = None,
) -> dict[str, Tensor]:
    """Scores of every filter of the given groups.

    Args:
        model: left as it is.
        pruner: the criterion, from `prunebench.pruners.get`, or its name.
        scope: groups, `"C7-C12"` of a Cnn14 or a sequence of names; the network's own scope by default.
        network: of the model, where its class is none of ours: one from `prunebench list networks`, or
            `prunebench.harness.traced(…)` for any module; a value or a name.
        seed: of the pruner's random numbers, if it draws any.
        clips: calibration clips, for pruners that need activations or gradients: training clips, a data set, of which
            the training clips are taken, or a folder of recordings, as `--clips` takes it.
        reduction: how the scores of several writers of a group are joined: `"first"`, `"mean"` or `"max"`.
        layers: another name of `scope`.

    Returns:
        group → (filters,), higher is kept.

    Raises:
        InputError: for an unknown layer, pruner or network, a layer that the pruner does not accept, or calibration
            clips that are missing.
    """
    tagger, criterion = tagger_of(model, network), pruner_of(pruner)
    check_integer("seed", seed)
    names = tagger.scope(scope_given(scope, layers))
    known = clips_given(clips, tagger, criterion)
    return scored(tagger, criterion, names, seed=seed, clips=known, reduction=reduction).scores


def scored(
    tagger: Tagger,
    criterion: Pruner,
    names: Sequence[str],
    *,
    seed: int = 0,
    clips: Clips | None = None,
    reduction: str = DEFAULT,
) -> Scored:
    """Scores of the groups of these names, and the constants of a pruner that gives them; arguments as of `score`."""
    features = targets = None
    if clips is not None and criterion.needs & COLLECTED:
        features, targets = clip_features(clips, tagger.network.frontend), clips.targets
    return scored_layers(
        tagger,
        criterion,
        names,
        seed=seed,
        features=features,
        targets=targets,
        reduction=check_reduction(reduction),
    )


def prune(
    model: M,
    pruner: Pruner | str,
    ratio: float | None,
    scope: str | Sequence[str] | None = None,
    *,
    network: Network | str | None = None,
    seed: int = 0,
    clips: Calibration | None = None,
    reduction: str = DEFAULT,
    divisor: int = 1,
    layers: str | Sequence[str] | None = None,
) -> M:
    """A new, smaller model without the filters with the lowest scores of each group.

    Constants of a pruner such as `variance[fold=true]` are folded into the readers.

    Args:
        model: left as it is.
        pruner: the criterion, from `prunebench.pruners.get`, or its name.
        ratio: share of each group's filters to remove, in [0, 1); `None` for a pruner that chooses how many
            filters go (`own_budget`).
        divisor: the number of filters that stay in a group is the multiple of `divisor` nearest to the request.
        scope, network, seed, clips, reduction, layers: as `score` takes them.

    Raises:
        InputError: for a ratio outside [0, 1), or one too many or too few, and as `score`.

    Example:
        >>> from prunebench import harness
        >>> model = harness.Cnn14(widths=[8] * 12, n_classes=10, embedding=16)
        >>> harness.prune(model, "l1", 0.5).widths
        (8, 8, 8, 8, 8, 8, 4, 4, 4, 4, 4, 4)
    """
    tagger, criterion = tagger_of(model, network), pruner_of(pruner)
    check_budget(criterion, ratio)
    check_integer("seed", seed)
    names = tagger.scope(scope_given(scope, layers))
    known = clips_given(clips, tagger, criterion)
    found = scored(tagger, criterion, names, seed=seed, clips=known, reduction=reduction)
    removed = lowest_of(found.scores, ratio, divisor)
    return remove_filters(model, removed, tagger, of_removed(found.constants, removed))


def lowest_of(
    scores: Mapping[str, Tensor], ratio: float | None, divisor: int = 1
) -> dict[str, tuple[int, ...]]:
    """Group → filters that go: those with the lowest scores, or of score 0 where the criterion has chosen itself."""
    return {
        name: filters_outside(values) if ratio is None else filters_to_remove(values, ratio, divisor)
        for name, values in scores.items()
    }


def pruner_of(pruner: Pruner | str) -> Pruner:
    """The pruner itself, or the one of a name.

    Raises:
        InputError: for a name that none has, or what is neither.
    """
    if isinstance(pruner, str):
        return resolve(pruner)
    if not isinstance(pruner, Pruner):
        raise InputError(
            "A pruner is a name such as `l1`, or a value from `prunebench.pruners.get`. Found "
            f"{pruner.__name__ if isinstance(pruner, type) else type(pruner).__name__}."
        )
    return pruner


def check_budget(pruner: Pruner, ratio: float | None) -> None:
    """A ratio for a pruner that ranks, none for one that chooses how many filters go.

    Raises:
        InputError: for the other way round.
    """
    if pruner.own_budget and ratio is not None:
        raise InputError(
            f"Pruner `{written(pruner.label)}` chooses how many filters to remove, so it takes no ratio. Found ratio "
            f"{ratio}: leave it out."
        )
    if not pruner.own_budget and ratio is None:
        raise InputError(f"Pruner `{written(pruner.label)}` needs a ratio in [0, 1). Found none: give one.")
    if ratio is not None:
        check_ratio_kind(ratio)
        check_ratio(ratio)


def clip_features(clips: Clips, front: Front) -> NDArray[np.float32]:
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
        groups.append(front.features(torch.from_numpy(np.stack(waveforms))).numpy())
    return np.concatenate(groups) if groups else np.zeros((0, 0, 0), dtype=np.float32)
