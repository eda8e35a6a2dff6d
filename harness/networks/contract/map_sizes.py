"""The sizes of a model's feature maps, measured on the way of one clip."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prunebench.harness.networks.contract.tagger import Tagger


def map_sizes(tagger: Tagger, features: NDArray[np.float32]) -> dict[str, tuple[int, int]]:
    """Group → (height, width) of the feature maps of its first writer, as criteria on activations see them.

    Cnn14 and most networks hold time first, EfficientAT's frequency. Groups without maps, such as those of linear
    layers, are left out; maps over time alone have width 1.

    Args:
        tagger: left as it is.
        features: (clips, frames, mels), of which the first clip is shown.
    """
    model = tagger.model
    found: dict[str, tuple[int, int]] = {}

    def keep(layer: str, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if output.ndim > 2:
            found[layer] = (output.shape[2], output.shape[3] if output.ndim > 3 else 1)

    hooks = [
        model.get_submodule(group.writers[0].observed).register_forward_hook(partial(keep, group.name))
        for group in tagger.groups
    ]
    before = model.training
    try:
        with torch.no_grad():
            device = next(model.parameters()).device
            model.eval()
            tagger.logits(torch.from_numpy(np.array(features[:1], dtype=np.float32)).to(device))
    finally:
        model.train(before)
        for hook in hooks:
            hook.remove()
    return found
