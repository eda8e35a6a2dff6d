"""Layer-adaptive magnitude."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner


@dataclass(frozen=True)
class Lamp(Pruner):
    r"""Squared norm of each filter, relative to the filters of the layer that are at least as large (LAMP).

    .. math:: s_j = \frac{a_j}{\sum_{i:\, a_i \ge a_j} a_i}, \qquad a_j = \lVert F_j \rVert_2^2

    This is the share of the layer that would remain if all smaller filters were removed, so that layers can be
    compared; low shares are removed first. Within a layer the order is that of `l2`, of which the score is a rising
    function: under an allocation that fixes every layer's ratio the two remove the same filters.

    The score of Lee et al., *Layer-adaptive Sparsity for the Magnitude-based Pruning*, ICLR 2021,
    arXiv:2010.07611, there of single weights, here of filters. torch-pruning divides equal filters by
    different sums, in the order in which they were sorted. Cost: one pass over the weights and a sort of the
    layer's filters.
    """

    name: ClassVar[str] = "lamp"
    reference: ClassVar[str] = "lee2021layer"

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, in [0, 1]; 0 for a filter of zeros."""
        norms = torch.linalg.vector_norm(layer.weight.flatten(1), dim=1, dtype=torch.float64)
        squares, order = norms.square().sort(descending=True)
        # Equal filters share the sum that ends at the last of them.
        last = torch.searchsorted(-squares, -squares, right=True) - 1
        shares = squares / squares.cumsum(0)[last]
        return torch.empty_like(shares).scatter_(0, order, shares.nan_to_num(0.0))
