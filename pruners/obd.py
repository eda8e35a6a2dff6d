"""Optimal brain damage with the diagonal Fisher information."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners import clip_mean
from prunebench.pruners.contract import LayerView, Need, Pruner

AT_ONCE = 1 << 18  # weights whose products are taken at once


@dataclass(frozen=True)
class OptimalBrainDamage(Pruner):
    r"""Second-order saliency of a filter's weights, with the empirical Fisher information for the Hessian.

    .. math:: s_j = \sum_{w \in F_j} w^2 \, \frac{1}{N} \sum_{k=1}^{N} \bigl( g_w^{(k)} \bigr)^2

    where :math:`g^{(k)}` is the gradient of the loss of calibration clip k alone. Filters of small saliency
    are removed first. The gradients are those of single clips: the square of a whole batch's gradient misses the
    spread between its clips, and the score would depend on the batch size. The factor ½
    of the Taylor series is left out, and batch norm does not count. Cost: one backward pass a clip; two
    numbers a filter are kept, never a matrix of the weights' size.

    After LeCun, Denker & Solla, *Optimal Brain Damage*, NeurIPS 1989, who take the diagonal of the Hessian;
    its replacement by the mean squared gradient is the common practice. torch-pruning's Hessian importance
    keeps only the last sample's gradients (1.6.1).
    """

    name: ClassVar[str] = "obd"
    reference: ClassVar[str] = "lecun1989optimal"
    needs: ClassVar[frozenset[Need]] = frozenset({"gradients"})
    clip_by_clip: ClassVar[bool] = True

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Summed saliencies and clips, (filters, 2)."""
        # A few filters at a time: products of a whole layer do not fit the processor's cache, once in double precision.
        filters = max(1, AT_ONCE // layer.weight[0].numel())
        parts = (torch.split(tensor, filters) for tensor in (layer.weight, layer.gradients.weight))
        norms = [
            torch.linalg.vector_norm((w * g).flatten(1), dim=1, dtype=torch.float64)
            for w, g in zip(*parts, strict=True)
        ]
        return clip_mean.add(seen, torch.cat(norms).square(), 1)

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), at least 0, in the square of the loss."""
        return clip_mean.mean(layer.observed)
