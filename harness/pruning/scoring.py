"""What a pruner is shown of a Cnn14, and its scores."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.networks.plain_tensor import departure
from prunebench.harness.pruning.calibration import calibrate
from prunebench.harness.pruning.pruner_failure import asked_of
from prunebench.pruners.contract import COLLECTED, BatchNorm, GroupMember, LayerView, Pruner


def layer_view(model: Cnn14, layer: str) -> LayerView:
    """The weights of one layer as a pruner sees them: detached copies, so that nothing it does is felt."""
    norm = model.batch_norm(layer)
    weight = _copied(model.convolution(layer).weight)
    bn_weight, bn_bias = _copied(norm.weight), _copied(norm.bias)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    index = LAYERS.index(layer)
    consumer = LAYERS[index + 1] if index < 11 else "fc1"
    consumer_weight = _copied(model.convolution(consumer).weight if index < 11 else model.fc1.weight)
    return LayerView(
        name=layer,
        weight=weight,
        bn=BatchNorm(bn_weight, bn_bias, _copied(norm.running_mean), _copied(norm.running_var), norm.eps),
        consumer_weight=consumer_weight,
        group=(
            GroupMember(f"{layer}.weight", weight, 0),
            GroupMember(f"{layer}.bn.weight", bn_weight, 0),
            GroupMember(f"{layer}.bn.bias", bn_bias, 0),
            GroupMember(f"{consumer}.weight", consumer_weight, 1),
        ),
    )


def score_layers(
    model: Cnn14,
    pruner: Pruner,
    layers: Sequence[str],
    *,
    seed: int = 0,
    features: NDArray[np.float32] | None = None,
    targets: NDArray[np.bool_] | None = None,
) -> dict[str, Tensor]:
    """Scores of every filter of the given layers.

    Args:
        model: left as it is.
        pruner: the criterion.
        layers: names from C1 … C12.
        seed: of the generator of a pruner that needs one; a layer's draw does not depend on the other layers.
        features: log-mel features of calibration clips, (clips, frames, mels), for a pruner that needs
            activations or gradients.
        targets: (clips, classes), for a pruner that needs gradients.

    Returns:
        layer → (filters,), higher is kept.

    Raises:
        InputError: for weights that are not finite, missing calibration clips, a pruner that raises, or scores of
            a wrong shape or that are not finite.
    """
    views = {layer: layer_view(model, layer) for layer in layers}
    for layer, view in views.items():
        if not all(bool(member.parameter.isfinite().all()) for member in view.group):
            raise InputError(
                f"The weights of a model must be finite. Found NaN or infinity around layer {layer}."
            )
    if "generator" in pruner.needs:
        views = {
            layer: replace(view, supplied_generator=_generator(seed, layer)) for layer, view in views.items()
        }
    if pruner.needs & COLLECTED:
        if features is None:
            raise InputError(
                f"Pruner `{pruner.name}` needs calibration clips for its {' and '.join(sorted(pruner.needs))}. "
                "Found none: give training clips."
            )
        observed = calibrate(model, pruner, layers, features, targets, make_view=views.__getitem__)
        views = {layer: replace(view, supplied_observed=observed[layer]) for layer, view in views.items()}
    return {layer: _checked(pruner, view) for layer, view in views.items()}


def _checked(pruner: Pruner, view: LayerView) -> Tensor:
    with asked_of(pruner, view.name):
        scores = pruner.score(view)
    if (found := departure(scores)) is not None:
        raise InputError(
            f"Pruner `{pruner.label}` must give a dense tensor of real scores in layer {view.name}. "
            f"Found one {found}."
        )
    must = (
        f"Pruner `{pruner.label}` must give one finite score per filter, shape ({len(view.weight)},), in layer "
        f"{view.name}."
    )
    if scores.shape != view.weight.shape[:1]:
        raise InputError(f"{must} Found shape {tuple(scores.shape)}.")
    if not bool(scores.isfinite().all()):
        raise InputError(f"{must} Found {int((~scores.isfinite()).sum())} not finite.")
    return scores.detach()


def _generator(seed: int, layer: str) -> torch.Generator:
    digest = hashlib.sha256(f"{seed} {layer}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)


def _copied(tensor: Tensor) -> Tensor:
    return tensor.detach().clone(memory_format=torch.contiguous_format)
