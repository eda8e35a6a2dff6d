"""Filters masked and not removed: muted along a training, and the slow twin that removal is held against."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.networks.groups.other_tensors import tensor_named

M = TypeVar("M", bound=nn.Module)
SCALES = ("weight", "bias")  # running statistics stay: scale and shift of 0 make them mute
MEAN = "running_mean"  # of a batch norm without scale and shift, which gives 0 for zeros of mean 0
Entries = Mapping[str, NDArray[np.bool_]]  # tensor → which of its entries along the first axis


def muted_entries(model: nn.Module, groups: Sequence[Group], removed: Mapping[str, Sequence[int]]) -> Entries:
    """What must be 0 so that filters give 0: weights, scales and shifts along their axis.

    Where a batch norm has no scale and shift, its running mean is.

    Args:
        model: whose groups these are.
        groups: at least those that have such filters.
        removed: group → indices of filters.
    """
    found: dict[str, NDArray[np.bool_]] = {}
    by_name = {group.name: group for group in groups}
    for name, indices in removed.items():
        for part in by_name[name].cuts if len(indices) else ():
            module, _, tensor = part.tensor.rpartition(".")
            layer = model.get_submodule(module)
            mute = tensor in SCALES or (tensor == MEAN and getattr(layer, "weight", None) is None)
            if part.axis == 0 and mute:
                entries = len(getattr(layer, tensor))
                gone = ~part.stays(indices, entries)
                found[part.tensor] = found.get(part.tensor, np.zeros(entries, dtype=np.bool_)) | gone
    return found


def weight_entries(
    model: nn.Module, groups: Sequence[Group], removed: Mapping[str, Sequence[int]]
) -> Entries:
    """The weights of filters in the layers that compute them, without batch norm; arguments as of `muted_entries`."""
    by_name = {group.name: group for group in groups}
    writers = {
        f"{w.module}.weight" for name, rows in removed.items() if len(rows) for w in by_name[name].writers
    }
    return {name: rows for name, rows in muted_entries(model, groups, removed).items() if name in writers}


@torch.no_grad()
def zero(model: nn.Module, entries: Entries) -> None:
    """Set entries of a model's parameters and buffers to 0, in place."""
    for name, rows in entries.items():
        tensor = tensor_named(model, name)
        tensor[torch.from_numpy(rows).to(tensor.device)] = 0


def masked(model: M, groups: Sequence[Group], removed: Mapping[str, Sequence[int]]) -> M:
    """A new model of the same size in which these filters give 0; `model` is left as it is."""
    new = copy.deepcopy(model)
    zero(new, muted_entries(new, groups, removed))
    return new
