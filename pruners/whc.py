"""Norms and angles of filters in one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner
from prunebench.pruners.inner_products import CHUNK, inner_products, precision_for

# Of the largest score that a filter of its norm can have: below, float32 products do not tell.
DOUBTFUL = 1e-3


@dataclass(frozen=True)
class WeightedHybrid(Pruner):
    r"""Norm of a filter times how much the other filters differ from it in direction (WHC).

    .. math:: s_j = \lVert F_j \rVert_2 \sum_{i \ne j} \bigl( 1 - |\cos(F_j, F_i)| \bigr) \lVert F_i \rVert_2

    A filter is removed first if it is small, or if large filters point in the same or the opposite direction.
    Cost: one Gram matrix of the filters, the time of `geometric_median`; memory for n × n products. The products are
    computed in float32, and again in float64 for filters whose direction nearly equals that of all others.

    As defined in Chen, Sun & Huang, *WHC: Weighted Hybrid Criterion for Filter Pruning on Convolutional Neural
    Networks*, ICASSP 2023, arXiv:2302.08185. The authors' code for torch-pruning adds the same number for the columns
    of the next layer and divides by the mean over the filters; here only the layer's own filters count.
    """

    name: ClassVar[str] = "whc"
    reference: ClassVar[str] = "chen2023whc"

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, at least 0."""
        filters = layer.weight.flatten(1)
        precision = precision_for(filters)
        squares, products = inner_products(filters, None, precision)
        norms = squares.sqrt()
        largest = norms * norms.sum()
        scores = _unshared(products, norms, norms).fill_diagonal_(0).sum(1)
        again = (scores < DOUBTFUL * largest).nonzero()[:, 0]
        if precision == torch.float64 or len(again) == 0:
            return scores
        norms = torch.linalg.vector_norm(filters, dim=1, dtype=torch.float64)
        shared = norms.new_zeros(len(again), len(filters))
        for column in range(0, filters.shape[1], CHUNK):
            chunk = filters[:, column : column + CHUNK].double()
            shared += chunk[again] @ chunk.T
        unshared = _unshared(shared, norms[again], norms)
        unshared[torch.arange(len(again), device=again.device), again] = 0
        return scores.index_copy(0, again, unshared.sum(1))


def _unshared(products: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """(1 − |cos|) times both norms, at least 0, for each pair."""
    return (left[:, None] * right - products.abs()).clamp_(min=0)
