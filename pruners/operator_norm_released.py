"""Operator norm as released with E-PANNs."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners.channel_directions import channel_projections
from prunebench.pruners.contract import LayerView, Pruner, Trait


@dataclass(frozen=True)
class OperatorNormReleased(Pruner):
    r"""The score of the script that the authors of E-PANNs published, signs included.

    .. math:: s_j = \Big( \sum_c \langle F_{jc} - \bar F_c, v_c \rangle \Big)^2

    where :math:`F_{jc}` (k²,) is filter j at input channel c, :math:`\bar F_c` the mean over the layer's
    filters and :math:`v_c` the leading right singular vector of the centred filters, with the sign that
    gives the first stored filter a positive projection. Filters with low scores are removed first.

    Departures from `operator_norm`: the contributions of the channels are added before they are squared, so
    the signs decide; no singular value weighs them. The first stored filter collects positive summands only
    and tends to rank highest, and the scores change when the filters are stored in another order. Where that
    filter's projection is 0 the sign is arbitrary, as in the script.

    Written from a description of the script; Singh & Plumbley, *Efficient CNNs via Passive Filter Pruning*,
    TASLP 33, 2025, arXiv:2304.02319. It reads TensorFlow's layout, (k, k, channels, filters); weights of
    PyTorch that are reshaped to it instead of permuted get an order that agrees by chance only. The script
    takes a full n × n singular value decomposition per input channel; this takes k² × k² eigendecompositions,
    in float64, for the same order.
    """

    name: ClassVar[str] = "operator_norm_released"
    reference: ClassVar[str] = "singh2025efficient"
    layers: ClassVar[frozenset[Trait]] = frozenset({"convolution"})
    released: ClassVar[bool] = True
    order_free: ClassVar[bool] = False
    sign_free: ClassVar[bool] = False

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, at least 0."""
        total = layer.weight.new_zeros(layer.weight.shape[0], dtype=torch.float64)
        for projections in channel_projections(layer.weight):
            total += torch.where(projections[:, :1] < 0, -projections, projections).sum(0)
        return total.square()
