"""First-order change of the loss when a filter is removed from its whole group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners import clip_mean
from prunebench.pruners.contract import LayerView, Need, Pruner


@dataclass(frozen=True)
class Jacobian(Pruner):
    r"""Squared first-order change of the loss from removing all parameters of a filter.

    .. math:: s_k = \frac{1}{B} \sum_{b=1}^{B} \Bigl( \sum_{w \in g[k]} g_w^{(b)} w \Bigr)^2

    where g[k] are the parameters of the group that are removed with filter k, and :math:`g^{(b)}` is the gradient of
    the loss of calibration batch b. This is `taylor` for a whole group: the changes of all layers are added before they
    are squared, so changes of opposite sign cancel. A weight that takes in and computes the group counts in both roles.
    In a larger batch, more of the changes of single clips cancel. Cost: one backward pass per batch and one product of
    each weight with its gradient in each role; two numbers per filter are kept.

    After Chen et al., *Optimal Brain Connection: Towards Efficient Structural Pruning*, 2025, arXiv:2508.05521, whose
    criterion measures how the parameters of a group act together. The released code sums within each layer, squares,
    averages over the layers of the group, so layers do not act together, and divides by the mean over the filters. It
    also uses the gradients of batches.
    """

    name: ClassVar[str] = "jacobian"
    reference: ClassVar[str] = "chen2025optimal"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradients"})
    whole_group: ClassVar[bool] = True
    sign_free: ClassVar[bool] = False

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Summed squares and batches, (filters, 2)."""
        filters = len(layer.weight)
        changes = [
            member.summed(member.parameter * gradient, filters)
            for member, gradient in zip(layer.group, layer.gradients.group, strict=True)
        ]
        return clip_mean.add(seen, torch.stack(changes).sum(0).square(), 1)

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), at least 0, in the square of the loss."""
        return clip_mean.mean(layer.observed)
