"""Filters masked and not removed: the slow twin that removal is held against."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TypeVar

import torch
from torch import nn

from prunebench.harness.networks.groups.filter_group import Group

M = TypeVar("M", bound=nn.Module)
SCALES = ("weight", "bias")  # running statistics stay: scale and shift of 0 make them mute
MEAN = "running_mean"  # of a batch norm without scale and shift, which gives 0 for zeros of mean 0


@torch.no_grad()
def masked(model: M, groups: Sequence[Group], removed: Mapping[str, Sequence[int]]) -> M:
    """A new model of the same size in which these filters give 0: weights, scales and shifts along their axis are 0.

    Where a batch norm has no scale and shift, its running mean is.

    Args:
        model: left as it is.
        groups: at least those that lose filters.
        removed: group → indices of filters.
    """
    new = copy.deepcopy(model)
    by_name = {group.name: group for group in groups}
    for name, indices in removed.items():
        for part in by_name[name].cuts:
            module, _, tensor = part.tensor.rpartition(".")
            layer = new.get_submodule(module)
            mute = tensor in SCALES or (tensor == MEAN and getattr(layer, "weight", None) is None)
            if part.axis == 0 and mute:
                own = getattr(layer, tensor)
                own[torch.from_numpy(~part.stays(indices, len(own)))] = 0
    return new
