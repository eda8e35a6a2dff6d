"""Distance from the geometric median, as torch-pruning computes it."""

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner
from prunebench.pruners.distances import pairwise_distances


@dataclass(frozen=True)
class FpgmTorchPruning(Pruner):
    r"""Sum of the distances between powers of absolute weights: what torch-pruning calls FPGM.

    .. math:: s_j = \sum_i \big\lVert |F_j|^p - |F_i|^p \big\rVert_2

    with the power of each single weight. Filters with small sums are removed first.

    Departure from `geometric_median`: a filter and its negative are at distance 0, and so are all filters
    that differ in signs alone.

    The layer's own part of `FPGMImportance` in torch-pruning 1.6.1, `p=2` by default, with
    `group_reduction="first"` and `normalizer=None`; that computes the distances by a float32 matrix product
    which is wrong on near twins, this to 1e-6. He et al., CVPR 2019 defines the distances without a power.
    Cost: that of `geometric_median`.

    Args:
        p: power of the absolute weights, above 0.
    """

    name: ClassVar[str] = "fpgm_torch_pruning"
    reference: ClassVar[str] = "he2019filter"
    released: ClassVar[bool] = True
    p: float = 2

    def __post_init__(self) -> None:
        if not isinstance(self.p, int | float) or not 0 < self.p < math.inf:
            raise ValueError(f"Parameter `p` must be a finite number above 0. Found `p = {self.p!r}`.")

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, at least 0."""
        return pairwise_distances(layer.weight.flatten(1).double().abs().pow(self.p)).sum(1)
