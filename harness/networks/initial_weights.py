"""The weights a network of PANNs starts from."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def xavier_uniform(model: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights of convolutions and linear layers anew, in the order of the modules, and set biases to 0.

    Xavier uniform (Glorot & Bengio 2010), as PANNs. Weights that are not trained, those of the STFT, are left alone.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Linear) and module.weight.requires_grad:
            receptive = module.weight[0, 0].numel()
            bound = (6 / (receptive * sum(module.weight.shape[:2]))) ** 0.5
            module.weight.uniform_(-bound, bound, generator=generator)
            if module.bias is not None:
                module.bias.zero_()
