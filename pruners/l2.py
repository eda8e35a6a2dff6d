"""L2 norm."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner


@dataclass(frozen=True)
class L2Norm(Pruner):
    r"""Euclidean norm of each filter.

    .. math:: s_j = \lVert F_j \rVert_2 = \Big( \sum_{c,h,w} F_{j,c,h,w}^2 \Big)^{1/2}

    This norm gives large weights more influence than `l1` does; filters with small norms are removed first. `lamp`
    ranks the filters of a layer in the same order. One pass over the weights, summed in float64.

    Compared with the L1 norm in Li et al., *Pruning Filters for Efficient ConvNets*, ICLR 2017,
    arXiv:1608.08710, section 3.1 and appendix 6.1. torch-pruning's magnitude with `p=2, group_reduction="first",
    normalizer=None` is its square.
    """

    name: ClassVar[str] = "l2"
    reference: ClassVar[str] = "li2017pruning"

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, at least 0."""
        norms: Tensor = torch.linalg.vector_norm(layer.weight.flatten(1), dim=1, dtype=torch.float64)
        return norms
