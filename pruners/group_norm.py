"""Norm of all parameters that go with a filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner


@dataclass(frozen=True)
class GroupNorm(Pruner):
    r"""Squared norm of all parameters of the group that are removed with a filter.

    .. math:: s_k = \sum_{w \in g} \lVert w[k] \rVert_2^2

    where g are the parameters of the group and w[k] is the part of each that is removed with filter k: a row of the
    layers that compute it, its scale and shift in batch norms, its kernel in depthwise convolutions, and a column of
    the layers that read it. Filters with small sums are removed first, because a filter is safe to remove only if all
    of these parts are small. In a layer that takes in and computes one group, a weight in both a row and a column
    counts twice.
    Cost: one pass over the weights of each group, so each convolution is read twice, for the filters that it
    computes and for those that it takes in; the relative error is below 1e-6.

    As defined in Fang et al., *DepGraph: Towards Any Structural Pruning*, CVPR 2023, arXiv:2301.12900, where a
    training first makes these sums sparse; this is only the score. torch-pruning's magnitude with
    `p=2, group_reduction="sum", normalizer=None, bias=True` is equal, except that it leaves out depthwise convolutions
    and PReLUs. Its defaults (`tp:magnitude`) also leave out shifts and divide by the mean over the filters, which
    changes the order between groups.
    """

    name: ClassVar[str] = "group_norm"
    reference: ClassVar[str] = "fang2023depgraph"
    whole_group: ClassVar[bool] = True

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, at least 0."""
        filters = len(layer.weight)
        return torch.stack([member.squared_norms(filters) for member in layer.group]).sum(0)
