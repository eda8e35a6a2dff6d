"""MACs of any model, counted by hooks on its convolutions and linear layers while it runs once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)


@torch.no_grad()
def hooked_macs(model: nn.Module, example: Tensor) -> int:
    """Multiply–accumulates of convolutions and linear layers for one input; biases are not counted.

    A convolution takes kernel × inputs / groups for each number that it gives, a linear layer its inputs.

    Args:
        model: left as it is; layers that are not modules are not seen.
        example: one clip, as `model` takes it.
    """
    total = 0

    def count(layer: Any, inputs: object, output: Tensor) -> None:
        nonlocal total
        total += output.numel() * layer.weight[0].numel()

    handles = [
        module.register_forward_hook(count)
        for module in model.modules()
        if isinstance(module, (*CONVOLUTIONS, nn.Linear))
    ]
    try:
        model(example)
    finally:
        for handle in handles:
            handle.remove()
    return total
