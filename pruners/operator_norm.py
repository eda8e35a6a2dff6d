"""Operator norm."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners.channel_directions import channel_projections
from prunebench.pruners.contract import LayerView, Pruner, Trait


@dataclass(frozen=True)
class OperatorNorm(Pruner):
    r"""Energy of each filter along the leading singular direction of every input channel.

    .. math:: s_j = \sum_c (\sigma_c\, u_c[j])^2 = \sum_c \langle A_c[j], v_c \rangle^2

    where the rows of :math:`A_c` (n, k²) are the layer's n filters at input channel c, less their mean, and
    :math:`(\sigma_c, u_c, v_c)` is its leading singular triple: :math:`\sigma_c` is the operator norm of
    :math:`A_c`, and :math:`\sum_j` of the summands is :math:`\sigma_c^2`. A filter with little energy along
    these directions contributes little to the output of the layer and is removed first.

    This is the project's order-free reading of Singh & Plumbley, *Efficient CNNs via Passive Filter
    Pruning*, TASLP 33, 2025, arXiv:2304.02319, the criterion of E-PANNs: singular vectors have arbitrary
    signs, and squares do not depend on them. What the authors published adds the signed projections first
    (`operator_norm_released`).

    Cost: one read of the weights and an eigendecomposition of k² × k² per input channel, in float64.
    """

    name: ClassVar[str] = "operator_norm"
    reference: ClassVar[str] = "singh2025efficient"
    layers: ClassVar[frozenset[Trait]] = frozenset({"convolution"})
    sign_free: ClassVar[bool] = False

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, at least 0."""
        energy = layer.weight.new_zeros(layer.weight.shape[0], dtype=torch.float64)
        for projections in channel_projections(layer.weight):
            energy += projections.square().sum(0)
        return energy
