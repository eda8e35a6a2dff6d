"""Scores of the filters of a model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.eval.text.written_labels import written
from prunebench.harness.networks.contract.tagger import Tagger, sites_of
from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.networks.plain_tensor import departure
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.networks.weight_checks import all_finite
from prunebench.harness.pruning.calibration import calibrate
from prunebench.harness.pruning.layer_views import layer_view
from prunebench.harness.pruning.pruner_failure import asked_of
from prunebench.harness.pruning.reduction import DEFAULT, Reduction, joined
from prunebench.harness.pruning.stored_scores import StoredScores
from prunebench.harness.pruning.synaptic_flow import places_by_flow
from prunebench.harness.pruning.watch import Watch
from prunebench.pruners.contract import COLLECTED, LayerView, Need, Pruner, Trait


@dataclass(frozen=True, eq=False)
class Scored:
    """The scores and constants that a criterion gives a model.

    Args:
        scores: group → (filters,), higher is kept.
        constants: group → (filters,), what replaces each filter if it is removed; only of criteria that give constants.
        watched: seconds that went into watching the pruner, which are no part of what scoring takes.
    """

    scores: dict[str, Tensor]
    constants: dict[str, Tensor] = field(default_factory=dict)
    watched: float = 0.0


def scored_layers(
    model: nn.Module | Tagger,
    pruner: Pruner,
    layers: Sequence[str],
    *,
    seed: int = 0,
    features: NDArray[np.float32] | None = None,
    targets: NDArray[np.bool_] | None = None,
    reduction: Reduction = DEFAULT,
) -> Scored:
    """Scores of every filter of the given groups, and the constants of a pruner that gives them.

    Args:
        model: left as it is; a Cnn14, another network of ours, or a model with its network.
        pruner: the criterion; it is asked for one writer of a group at a time, or with `whole_group` for the group.
        layers: names of groups, C1 … C12 in Cnn14.
        seed: of the generator of a pruner that needs one; a layer's draw does not depend on the other layers.
        features: log-mel features of calibration clips, (clips, frames, mels), for a pruner that needs
            activations or gradients.
        targets: (clips, classes), for a pruner that needs gradients.
        reduction: how the scores of several writers of a group are joined.

    Raises:
        InputError: for weights that are not finite, a layer that the criterion does not accept, missing calibration
            clips, a pruner that raises or changes what it is shown, scores or constants of a wrong shape or that are
            not finite, or constants of a pruner that does not declare them.
    """
    tagger = tagger_of(model)
    groups = tagger.chosen(layers)
    if isinstance(pruner, StoredScores):  # they belong to groups, whoever writes these
        stored = {
            group.name: torch.from_numpy(pruner.of_layer(group.name, group.filters)) for group in groups
        }
        kept = {group.name: pruner.constants_of_layer(group.name) for group in groups}
        return Scored(stored, {name: torch.from_numpy(c) for name, c in kept.items() if c is not None})
    whole, watch = pruner.whole_group, Watch(pruner, tagger.model)
    sites = sites_of(groups, whole=whole)
    views = {name: layer_view(tagger, name, site, whole=whole) for name, site in sites.items()}
    for name, view in views.items():
        if not all(all_finite(member.parameter.detach()) for member in view.group):
            raise InputError(
                f"The weights of a model must be finite. Found NaN or infinity in layer {name} or its neighbours: the "
                "model diverged in training, or its file is damaged."
            )
    check_accepted(pruner, groups, views)
    if "generator" in pruner.needs:
        views = {
            name: replace(view, supplied_generator=_generator(seed, name)) for name, view in views.items()
        }
    if "synaptic_flow" in pruner.needs:
        # Over all groups, so that what else is scored does not change the scores of a layer.
        places = places_by_flow(tagger, tagger.groups, getattr(pruner, "rounds", 1))
        views = {
            name: replace(view, supplied_synaptic_flow=places[sites[name].group.name])
            for name, view in views.items()
        }
    if pruner.needs & COLLECTED:
        if features is None:
            parts = " and ".join(_COLLECTED_WORDS[need] for need in sorted(pruner.needs & COLLECTED))
            raise InputError(
                f"Pruner `{pruner.name}` needs calibration clips, for {parts}. Found none: give training clips, with "
                "`--clips` or, from Python, `clips=`."
            )
        observed = calibrate(
            tagger, pruner, list(sites), features, targets, make_view=views.__getitem__, watch=watch
        )
        views = {name: replace(view, supplied_observed=observed[name]) for name, view in views.items()}
    scores = {name: _checked(pruner, view, watch) for name, view in views.items()}
    constants = _constants(pruner, groups, views, watch)
    watch.check_model()
    return Scored(
        {
            group.name: joined([scores[name] for name in sites_of([group], whole=whole)], reduction)
            for group in groups
        },
        constants,
        watch.seconds,
    )


def check_accepted(pruner: Pruner, groups: Sequence[Group], views: Mapping[str, LayerView]) -> None:
    """Refuse layers whose scores would mean nothing.

    Raises:
        InputError: for a layer that lacks what the criterion needs, or a criterion with a budget of its own where
            several layers compute the filters of a group.
    """
    for name, view in views.items():
        lacking = sorted(pruner.layers - view.traits)
        if lacking:
            raise InputError(
                f"Pruner `{written(pruner.label)}` can score only layers with "
                f"{' and '.join(_WORDS[trait] for trait in lacking)}. Layer `{name}`, with weights of shape "
                f"{tuple(view.weight.shape)}, has {' and '.join(_LACKS[trait] for trait in lacking)}: leave it out "
                "of the scope, or use another criterion."
            )
    several = [group.name for group in groups if len(group.writers) > 1 and not pruner.whole_group]
    if pruner.own_budget and several:
        raise InputError(
            f"Pruner `{written(pruner.label)}` chooses how many filters to remove from each layer, so each group must "
            f"have a single layer that computes its filters. `{several[0]}` has several: leave it out of the scope, "
            "for example with the scope `inner`."
        )


_WORDS: Mapping[Trait, str] = {
    "batch_norm": "a batch norm",
    "convolution": "a convolution",
    "spatial_kernel": "a kernel larger than 1×1",
    "one_reader": "one reader",
    "rectified": "a ReLU after them",
    "foldable_reader": "a single reader that can absorb a constant",
}
_LACKS: Mapping[Trait, str] = {
    "batch_norm": "no batch norm",
    "convolution": "no convolution",
    "spatial_kernel": "no such kernel",
    "one_reader": "several readers, or a reader with several inputs for each filter",
    "rectified": "no ReLU after it",
    "foldable_reader": "several readers, or a reader without a bias and without a batch norm after it",
}
_COLLECTED_WORDS: Mapping[Need, str] = {
    "activations": "activations",
    "gradients": "gradients",
    "gate_gradients": "gradients of gates",
    "consumer_input": "inputs of the layer that reads it",
}


def _constants(
    pruner: Pruner, groups: Sequence[Group], views: Mapping[str, LayerView], watch: Watch
) -> dict[str, Tensor]:
    """Of each group; its writers have one reader, so the first is asked."""
    found = {}
    for group in groups:
        view = views[next(iter(sites_of([group], whole=pruner.whole_group)))]
        with asked_of(pruner, view.name), watch.showing(view):
            constants = pruner.constants(view)
        if constants is None:
            continue
        if "foldable_reader" not in pruner.layers:
            raise InputError(
                f"Pruner `{written(pruner.label)}` gives constants for layer {view.name} but does not declare that a "
                'reader must be able to absorb them: set `layers = frozenset({"foldable_reader"})` in its class.'
            )
        found[group.name] = _one_a_filter(constants, pruner, view, "constant")
    return found


def _checked(pruner: Pruner, view: LayerView, watch: Watch) -> Tensor:
    with asked_of(pruner, view.name), watch.showing(view):
        scores = pruner.score(view)
    return _one_a_filter(scores, pruner, view, "score")


def _one_a_filter(values: Tensor, pruner: Pruner, view: LayerView, word: str) -> Tensor:
    if (found := departure(values)) is not None:
        raise InputError(
            f"Pruner `{written(pruner.label)}` must give a dense tensor of real {word}s in layer {view.name}. "
            f"Found: {found}."
        )
    must = (
        f"Pruner `{written(pruner.label)}` must give one finite {word} per filter, shape ({len(view.weight)},), in "
        f"layer {view.name}."
    )
    if values.shape != view.weight.shape[:1]:
        raise InputError(f"{must} Found shape {tuple(values.shape)}.")
    if not bool(values.isfinite().all()):
        raise InputError(f"{must} Found {int((~values.isfinite()).sum())} that are not finite.")
    return values.detach()


def _generator(seed: int, layer: str) -> torch.Generator:
    digest = hashlib.sha256(f"{seed} {layer}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
