"""Removing filters for real: every tensor of a group loses its entries, in a new model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.networks.groups.other_tensors import tensors_of, with_tensors

M = TypeVar("M", bound=nn.Module)


@torch.inference_mode(False)  # a caller's would leave a model that cannot be trained
@torch.no_grad()
def cut(model: M, groups: Sequence[Group], removed: Mapping[str, Sequence[int]]) -> M:
    """A new model without the given filters; `model` is left as it is, and what loses nothing is copied.

    Args:
        model: whose groups these are.
        groups: at least those that lose filters.
        removed: group → indices of filters; at least one must stay.

    Raises:
        ValueError: if a group would be emptied, is not there, or has no such filter.
    """
    by_name, tensors = {group.name: group for group in groups}, tensors_of(model)
    # Several groups may lose entries of one axis, side by side, so that all are marked before any goes.
    stays: dict[tuple[str, int], NDArray[np.bool_]] = {}
    for name, indices in removed.items():
        group = _checked(by_name, name, indices)
        for part in group.cuts if len(indices) else ():
            entries = tensors[part.tensor].shape[part.axis]
            whole = np.ones(entries, dtype=np.bool_)
            stays[part.tensor, part.axis] = stays.get((part.tensor, part.axis), whole) & part.stays(
                indices, entries
            )
    kept: dict[str, Tensor] = {}
    for (name, axis), marked in stays.items():
        tensor = kept.get(name, tensors[name])
        kept[name] = tensor.index_select(axis, torch.from_numpy(np.flatnonzero(marked)).to(tensor.device))
    new = with_tensors(model, kept)
    for module in {name.rpartition(".")[0] for name in kept}:
        fit_sizes(new.get_submodule(module))
    new.zero_grad(set_to_none=True)
    return new


def fit_sizes(module: nn.Module) -> None:
    """Set the sizes that a layer names (channels, features, depthwise groups) to those of its tensors."""
    weight = getattr(module, "weight", None)
    if isinstance(module, nn.Conv1d | nn.Conv2d) and isinstance(weight, Tensor):
        depthwise = module.groups > 1 and module.groups == module.in_channels
        module.out_channels = len(weight)
        module.groups = len(weight) if depthwise else module.groups
        module.in_channels = len(weight) if depthwise else weight.shape[1] * module.groups
    elif isinstance(module, nn.Linear):
        module.out_features, module.in_features = module.weight.shape
    elif isinstance(module, nn.modules.batchnorm._BatchNorm):
        size = weight if isinstance(weight, Tensor) else module.running_mean
        if isinstance(size, Tensor):
            module.num_features = len(size)
    elif isinstance(module, nn.PReLU):
        module.num_parameters = len(module.weight)


def _checked(by_name: Mapping[str, Group], name: str, indices: Sequence[int]) -> Group:
    if name not in by_name:
        raise ValueError(f"Filters can be removed only from the groups {', '.join(by_name)}. Found `{name}`.")
    group, gone = by_name[name], set(indices)
    if gone and (len(gone) >= group.filters or not gone <= set(range(group.filters))):
        raise ValueError(
            f"Layer {name} must keep at least one filter, and its filters are numbered 0 … {group.filters - 1}. "
            f"Found {len(gone)} to remove of {group.filters}, from {min(gone)} to {max(gone)}."
        )
    return group
