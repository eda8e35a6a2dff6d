"""Distance from the geometric median."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner
from prunebench.pruners.distances import pairwise_distances


@dataclass(frozen=True)
class GeometricMedian(Pruner):
    r"""Sum of the Euclidean distances of each filter to the layer's other filters (FPGM).

    .. math:: s_j = \sum_i \lVert F_j - F_i \rVert_2

    A filter with a small sum is near the geometric median of the layer. The others can replace it, so it is
    removed first. One matrix product of the filters with themselves, memory for n × n distances; the
    relative error is below 1e-6, exact and near twins included. Scores are float64.

    As defined in He et al., *Filter Pruning via Geometric Median for Deep Convolutional Neural Networks
    Acceleration*, CVPR 2019, arXiv:1811.00250. `fpgm_torch_pruning` is what torch-pruning computes under that name.
    """

    name: ClassVar[str] = "geometric_median"
    reference: ClassVar[str] = "he2019filter"
    sign_free: ClassVar[bool] = False

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), at least 0."""
        return pairwise_distances(layer.weight.flatten(1)).sum(1)
