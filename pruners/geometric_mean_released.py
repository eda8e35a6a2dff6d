"""Distance from the geometric mean, as released under the name of the geometric median."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner


@dataclass(frozen=True)
class GeometricMeanReleased(Pruner):
    r"""The score that the authors of E-PANNs published as "GM": a geometric mean, not a median.

    .. math:: s_j = \big( \operatorname{gmean}|W| - \operatorname{gmean}|F_j| \big)^2

    where :math:`\operatorname{gmean}|x| = \exp(\operatorname{mean} \ln |x|)` over all weights of the layer
    :math:`W` or of filter j. Filters whose typical weight is that of the layer are removed
    first; the smallest and the largest are kept.

    Departures from `geometric_median`: no distances between filters are taken, signs and positions of weights
    do not count, and one weight of 0 makes a geometric mean 0, the layer's too.

    Written from a description of the script released with Singh & Plumbley, *Efficient CNNs via Passive
    Filter Pruning*, TASLP 33, 2025, arXiv:2304.02319, without its division by the layer's largest score.
    One logarithm per weight, in float64.
    """

    name: ClassVar[str] = "geometric_mean_released"
    reference: ClassVar[str] = "singh2025efficient"
    released: ClassVar[bool] = True

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, at least 0."""
        logarithms = layer.weight.abs().double().log().flatten(1).mean(1)
        return (logarithms.mean().exp() - logarithms.exp()).square()
