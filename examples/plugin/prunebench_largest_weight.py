"""Largest weight: a made-up criterion that no paper defines, as a plug-in of prunebench."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners import LayerView, Pruner


@dataclass(frozen=True)
class LargestWeight(Pruner):
    r"""Largest absolute weight of each filter.

    .. math:: s_j = \max_{c,h,w} |F_{j,c,h,w}|

    Filters whose weights are all small go first. One pass over the weights.
    """

    name: ClassVar[str] = "largest_weight"
    reference: ClassVar[str] = ""

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), at least 0."""
        return layer.weight.abs().flatten(1).amax(1)
