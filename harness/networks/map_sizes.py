"""The sizes of a model's feature maps, measured on the way of one clip."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import LAYERS


def map_sizes(model: Cnn14, features: NDArray[np.float32]) -> dict[str, tuple[int, int]]:
    """Layer → (frames, mels) of its feature maps, as criteria on activations see them.

    Args:
        model: left as it is.
        features: log-mel features (clips, frames, mels), of which the first clip is shown.
    """
    found: dict[str, tuple[int, int]] = {}

    def keep(layer: str, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        found[layer] = (output.shape[-2], output.shape[-1])

    hooks = [model.batch_norm(layer).register_forward_hook(partial(keep, layer)) for layer in LAYERS]
    before = model.training
    try:
        with torch.no_grad():
            device = next(model.parameters()).device
            model.eval().from_log_mel(torch.from_numpy(np.array(features[:1], dtype=np.float32)).to(device))
    finally:
        model.train(before)
        for hook in hooks:
            hook.remove()
    return found
