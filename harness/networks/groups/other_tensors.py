"""A copy of a model in which some tensors are others."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TypeVar

from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)


def tensor_named(model: nn.Module, name: str) -> Tensor:
    """A parameter or buffer of a model by its name: `"features.0.weight"`."""
    module, _, own = name.rpartition(".")
    found = getattr(model.get_submodule(module), own)
    assert isinstance(found, Tensor)
    return found


def tensors_of(model: nn.Module) -> dict[str, Tensor]:
    """All parameters and buffers of a model by their names, for many look-ups; shared ones under each name."""
    return {
        **dict(model.named_parameters(remove_duplicate=False)),
        **dict(model.named_buffers(remove_duplicate=False)),
    }


def with_tensors(model: M, changed: Mapping[str, Tensor], *, share: bool = False) -> M:
    """A copy of a model with other values of some parameters and buffers; parameters stay parameters.

    Args:
        model: left as it is.
        changed: name → what takes its place, of any shape.
        share: whether the copy shares all other tensors with the model instead of copying them.
    """
    others = [*model.parameters(), *model.buffers()] if share else []
    memo: dict[int, object] = {id(tensor): tensor for tensor in others}
    known = tensors_of(model)
    for name, tensor in changed.items():
        old = known[name]
        is_parameter = isinstance(old, nn.Parameter)
        memo[id(old)] = nn.Parameter(tensor, requires_grad=old.requires_grad) if is_parameter else tensor
    return copy.deepcopy(model, memo)
