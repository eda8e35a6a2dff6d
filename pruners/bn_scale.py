"""Batch-norm scale."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner, Trait


@dataclass(frozen=True)
class BatchNormScale(Pruner):
    r"""Absolute scale of the batch norm that follows each filter.

    .. math:: s_j = |\gamma_j|

    A filter whose output is scaled by little is removed first. This costs nothing: the weights are not read.

    As defined in Liu et al., *Learning Efficient Convolutional Networks through Network Slimming*, ICCV 2017,
    arXiv:1708.06519, section 3. There the scales are driven to zero in training by an L1 penalty and one threshold
    holds for all layers; here a model is ranked as it is.
    """

    name: ClassVar[str] = "bn_scale"
    reference: ClassVar[str] = "liu2017learning"
    layers: ClassVar[frozenset[Trait]] = frozenset({"batch_norm"})

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), at least 0."""
        return layer.batch_norm.weight.abs()
