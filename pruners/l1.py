"""L1 norm."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner


@dataclass(frozen=True)
class L1Norm(Pruner):
    r"""Sum of the absolute weights of each filter.

    .. math:: s_j = \sum_{c,h,w} |F_{j,c,h,w}|

    Filters with small sums give weak feature maps and are removed first. One pass over the weights.

    As defined in Li et al., *Pruning Filters for Efficient ConvNets*, ICLR 2017, arXiv:1608.08710, section 3.1. What
    torch-pruning calls magnitude is by default a mean over the layer, its batch norm and its consumers; this
    score is its `p=1, group_reduction="first", normalizer=None`.
    """

    name: ClassVar[str] = "l1"
    reference: ClassVar[str] = "li2017pruning"

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), at least 0."""
        return layer.weight.abs().flatten(1).sum(1)
