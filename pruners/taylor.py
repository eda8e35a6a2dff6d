"""First-order Taylor expansion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners import clip_mean
from prunebench.pruners.contract import LayerView, Need, Pruner, Trait

BATCH_NORM: frozenset[Trait] = frozenset({"batch_norm"})
_PARAMETERS = ("weight", "batch_norm")


@dataclass(frozen=True)
class Taylor(Pruner):
    r"""Squared first-order change of the loss when a filter is removed.

    .. math:: s_j = \frac{1}{B} \sum_{b=1}^{B} \Bigl( \sum_{w \in F_j} g_w^{(b)} w \Bigr)^2

    where :math:`g^{(b)}` is the gradient of the loss of calibration batch b. Filters whose removal changes
    the loss least are removed first. Gradients are those of whole batches, as in the paper, so the score depends on
    the batch size: larger batches average out more of what single clips would change.

    By default :math:`F_j` are the filter's own weights and batch norm does not count. With
    `over="batch_norm"` the sum runs over batch norm's scale and shift instead, which equals the paper's gate
    after batch norm. Batch norm must be in eval mode: with statistics of the batch a filter's scale has no
    effect and :math:`\sum g w` is zero for every filter.
    One pass over weights and gradients a batch; two numbers a filter are kept.

    As defined in Molchanov et al., *Importance Estimation for Neural Network Pruning*, CVPR 2019,
    arXiv:1906.10771. The released code squares before it sums over a filter's weights in its variant "Taylor
    weight", sums first in its gates, and smooths over training steps. torch-pruning's Taylor takes
    :math:`\sum |g w|` of the gradient it finds, averaged over the group; with `multivariable=True,
    group_reduction="first", normalizer=None` it is the square root of this score for one batch.

    Args:
        over: `"weight"` or `"batch_norm"`.
    """

    name: ClassVar[str] = "taylor"
    reference: ClassVar[str] = "molchanov2019importance"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradients"})
    over: str = "weight"

    def __post_init__(self) -> None:
        if self.over not in _PARAMETERS:
            raise ValueError(
                f'Parameter `over` must be "weight" or "batch_norm". Found `over = {self.over!r}`.'
            )
        if self.over == "batch_norm":
            object.__setattr__(self, "layers", BATCH_NORM)

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Summed squares and batches, (filters, 2).

        Raises:
            LookupError: with `over="batch_norm"` for a batch norm that has no scale and shift of its own.
        """
        gradients = layer.gradients
        if self.over == "weight":
            change = (layer.weight * gradients.weight).flatten(1).sum(1, dtype=torch.float64)
        else:
            norm = layer.batch_norm
            if gradients.bn_weight is None or gradients.bn_bias is None:
                raise LookupError(
                    f"the batch norm of layer {layer.name} must have a scale and a shift: use `taylor` without "
                    "`over=batch_norm`"
                )
            change = norm.weight.double() * gradients.bn_weight + norm.bias.double() * gradients.bn_bias
        return clip_mean.add(seen, change.square(), 1)

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), at least 0, in the square of the loss."""
        return clip_mean.mean(layer.observed)
