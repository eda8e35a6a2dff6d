"""Batch norms folded into the convolutions before them, in a model of any network.

Which belong together is seen while the model runs once: a batch norm whose input is what a convolution gave, each
called once. That nothing else reads the convolution is then checked: the folded model must answer as the other did.
"""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

M = TypeVar("M", bound=nn.Module)

PLAIN = (nn.BatchNorm1d, nn.BatchNorm2d)  # others may do more, as one with a non-linearity of its own
TOLERANCE = 1e-3  # of the largest value of an output: rounding stays far below, a wrong fold far above


@torch.no_grad()
def folded(model: M, example: Tensor) -> M:
    """The model, in place, with batch norms folded into convolutions.

    Args:
        model: in evaluation mode, with tensors as outputs; its convolutions are replaced, their tensors left alone.
        example: one input.

    Raises:
        RuntimeError: where the folded model answers otherwise.
    """
    expected = model(example)
    for convolution, norm in _pairs(model, example):
        before: Any = model.get_submodule(convolution)
        after: Any = model.get_submodule(norm)
        _replace(model, convolution, fuse_conv_bn_eval(before, after))
        _replace(model, norm, nn.Identity())
    for ours, theirs in zip(model(example), expected, strict=True):
        if bool((ours - theirs).abs().max() > TOLERANCE * theirs.abs().max()):
            raise RuntimeError("a convolution before a batch norm has another reader, so it cannot be folded")
    return model


def _pairs(model: nn.Module, example: Tensor) -> list[tuple[str, str]]:
    """Names of convolutions and of the batch norms that they run into."""
    names: dict[nn.Module, str] = {
        module: name
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv1d | nn.Conv2d) or type(module) in PLAIN
    }
    calls = dict.fromkeys(names, 0)
    written: list[
        tuple[nn.Module, Tensor]
    ] = []  # the tensors are kept, so that none takes the place of another
    found: list[tuple[nn.Module, nn.Module]] = []

    def see(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        calls[module] += 1
        if type(module) not in PLAIN:
            written.append((module, output))
            return
        found.extend((writer, module) for writer, tensor in written if tensor is inputs[0])

    handles = [module.register_forward_hook(see) for module in names]
    try:
        model(example)
    finally:
        for handle in handles:
            handle.remove()
    return [(names[a], names[b]) for a, b in found if calls[a] == calls[b] == 1]


def _replace(model: nn.Module, name: str, new: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, new)
