"""Norm of all parameters that go with a filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner


@dataclass(frozen=True)
class GroupNorm(Pruner):
    r"""Squared norm of every parameter of the group that a filter takes with it.

    .. math:: s_k = \sum_{w \in g} \lVert w[k] \rVert_2^2

    where g are the parameters of the group and w[k] what each loses with filter k: a row of the layers that write it,
    its scale and shift in batch norms, its kernel in depthwise convolutions, a column of the layers that read it. A
    filter is only safe to remove where all of it is small, so those of small sums go first. A weight that is in a row
    and in a column, of a layer that reads and writes one group, counts in both. Cost: one pass over the weights of
    each group, so each convolution is read twice, as writer and as reader; the relative error is below 1e-6.

    As defined in Fang et al., *DepGraph: Towards Any Structural Pruning*, CVPR 2023, arXiv:2301.12900, where these
    sums are first made sparse by a training; this is the score alone. torch-pruning's magnitude is the same
    with `p=2, group_reduction="sum", normalizer=None, bias=True`, but for depthwise convolutions and PReLUs, which it
    leaves out. Its defaults (`tp:magnitude`) leave out shifts too and divide by the mean over the filters, which
    changes the order between groups.
    """

    name: ClassVar[str] = "group_norm"
    reference: ClassVar[str] = "fang2023depgraph"
    whole_group: ClassVar[bool] = True

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, at least 0."""
        filters = len(layer.weight)
        return torch.stack([member.squared_norms(filters) for member in layer.group]).sum(0)
