"""Removing filters for real, through torch-pruning's dependency graph.

torch-pruning 1.6.1 floors `n * (1 - ratio)` and silently skips layers it would empty, so it is given exact
indices here, never a ratio, and every width is verified afterwards.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
import torch_pruning as tp

from prunebench.eval.cost.geometry import MELS, SHORTEST_FRAMES
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import LAYERS

TRACED_FRAMES = 2 * SHORTEST_FRAMES  # more than one frame is left, so that no layer is traced on a single one


def remove_filters(model: Cnn14, removed: Mapping[str, Sequence[int]]) -> Cnn14:
    """A new model without the given filters; `model` is left as it is.

    With a filter go its batch norm, the next layer's input channel or `fc1`'s input; the outputs of `fc1` stay.

    Args:
        model: the model to prune.
        removed: layer → indices of the filters to remove, at least one must stay.

    Raises:
        ValueError: if a layer would be emptied or an index does not exist.
    """
    for layer, indices in removed.items():
        filters = model.convolution(layer).out_channels
        if len(set(indices)) >= filters or not set(indices) <= set(range(filters)):
            raise ValueError(
                f"Layer {layer} must keep a filter and lose only filters 0 … {filters - 1}. "
                f"Found {len(set(indices))} to remove of {filters}, from {min(indices)} to {max(indices)}."
            )
    pruned = copy.deepcopy(model)
    asked = {layer: sorted(set(indices)) for layer, indices in removed.items() if len(indices)}
    if asked:
        _prune_groups(pruned, asked)
    expected = tuple(
        width - len(asked.get(layer, ())) for layer, width in zip(LAYERS, model.widths, strict=True)
    )
    if pruned.widths != expected:
        raise RuntimeError(f"Surgery must leave the widths {expected}. Found {pruned.widths}.")
    return pruned


def _prune_groups(model: Cnn14, removed: Mapping[str, Sequence[int]]) -> None:
    training = model.training
    example = torch.zeros(1, TRACED_FRAMES, MELS, device=model.fc1.weight.device)
    with torch.enable_grad():
        graph = tp.DependencyGraph().build_dependency(
            model,
            example,
            forward_fn=lambda network, features: network.from_log_mel(features).logits,
            verbose=False,  # it would warn that the mel matrix, which is not traced, belongs to no layer
        )
    for layer, indices in removed.items():
        group = graph.get_pruning_group(
            model.convolution(layer), tp.prune_conv_out_channels, idxs=list(indices)
        )
        group.prune()
    model.train(training)
    model.zero_grad(set_to_none=True)
