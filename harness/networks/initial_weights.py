"""The weights a network of PANNs starts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

_DRAWS = (
    nn.init.kaiming_normal_,
    nn.init.kaiming_uniform_,
    nn.init.normal_,
    nn.init.uniform_,
    torch.Tensor.uniform_,
)


class Undrawn(TorchFunctionMode):
    """Inside the block, initial weights are left as memory had them: all are about to be drawn or read.

    Drawing takes longer than anything else in making a large model, and torch draws once for itself.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """The tensor as it is in place of a draw; everything else is called."""
        kwargs = kwargs or {}
        if func in _DRAWS:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


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
