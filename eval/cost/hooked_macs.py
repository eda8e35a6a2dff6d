"""MACs and activations of any model, counted by hooks on its convolutions and linear layers while it runs once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)


class Hooked(NamedTuple):
    """What hooks saw of one input.

    Fields:
        layers: name of a convolution or linear layer in the model → its MACs.
        largest_convolution: the most numbers that a convolution read and wrote together.
        maps: name of a convolution → the numbers that it read, and those that it wrote.
    """

    layers: Mapping[str, int]
    largest_convolution: int
    maps: Mapping[str, tuple[int, int]] = MappingProxyType({})

    @property
    def macs(self) -> int:
        """Of all layers."""
        return sum(self.layers.values())


@torch.no_grad()
def hooked(model: nn.Module, example: Tensor) -> Hooked:
    """Multiply–accumulates of convolutions and linear layers for one input, and its largest convolution.

    A convolution takes kernel × inputs / groups for each number that it gives, a linear layer its inputs; biases are
    not counted.

    Args:
        model: left as it is; layers that are not modules are not seen.
        example: one clip, as `model` takes it.
    """
    names = {
        module: name
        for name, module in model.named_modules()
        if isinstance(module, (*CONVOLUTIONS, nn.Linear))
    }
    macs, largest = dict.fromkeys(names.values(), 0), 0
    maps: dict[str, tuple[int, int]] = {}

    def count(layer: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal largest
        macs[names[layer]] += output.numel() * layer.weight[0].numel()
        if isinstance(layer, CONVOLUTIONS):
            maps[names[layer]] = (inputs[0].numel(), output.numel())
            largest = max(largest, sum(maps[names[layer]]))

    handles = [module.register_forward_hook(count) for module in names]
    try:
        model(example)
    finally:
        for handle in handles:
            handle.remove()
    return Hooked(macs, largest, maps)


def hooked_macs(model: nn.Module, example: Tensor) -> int:
    """The MACs of `hooked`, whose arguments it takes."""
    return hooked(model, example).macs
