"""First-order change of the loss when a whole group goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners import clip_mean
from prunebench.pruners.contract import LayerView, Need, Pruner


@dataclass(frozen=True)
class Jacobian(Pruner):
    r"""Squared first-order change of the loss by all parameters that go with a filter.

    .. math:: s_k = \frac{1}{B} \sum_{b=1}^{B} \Bigl( \sum_{w \in g[k]} g_w^{(b)} w \Bigr)^2

    where g[k] are the parameters of the group that filter k takes with it and :math:`g^{(b)}` is the gradient of the
    loss of calibration batch b. `taylor` joined over the group: what its layers would change together is added up
    before it is squared, so that changes of opposite sign cancel. A weight that reads and writes the group counts in
    both roles. Larger batches average out more of what single clips would change. Cost: one backward pass a batch and
    a product of each weight with its gradient in each role; two numbers a filter are kept.

    After Chen et al., *Optimal Brain Connection: Towards Efficient Structural Pruning*, 2025, arXiv:2508.05521, whose
    criterion is to take in how the parameters of a group act together. The released code adds up within each
    layer, squares, and then averages over the layers of the group, so that layers are not joined, and divides by the
    mean over the filters; it reads the gradients of batches too.
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
