"""Group lasso: a penalty on the Euclidean norms of filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.sparsity.regulariser import (
    Penalty,
    Regulariser,
    add_gradient,
    by_filter,
    writer_weights,
)


@dataclass(frozen=True)
class GroupLasso(Regulariser):
    r"""Pull whole filters to zero, all their weights together.

    .. math:: \lambda \sum_g \sum_k \lVert W_g[k] \rVert_2

    where :math:`W_g[k]` is the vector of all weights of filter k in all writers of the group g: no biases, batch norms
    or readers. Its gradient is :math:`\lambda\,W_g[k] / \lVert W_g[k] \rVert_2`, and 0 for a filter of zeros. There is
    no factor for the number of weights, as in Wen et al., *Learning Structured Sparsity in Deep Neural Networks*,
    NeurIPS 2016, equation 3.

    A batch norm behind a writer undoes what its filters lose, so there the penalty changes the order of filters by
    `l2` more than what the model computes.

    Args:
        strength: :math:`\lambda`.
    """

    name: ClassVar[str] = "group_lasso"
    reference: ClassVar[str] = "wen2016learning"
    strength: float = 1e-4

    def begin(self, tagger: Tagger, groups: Sequence[str]) -> Penalty:
        """The penalty; see `Regulariser`."""
        written = [writer_weights(tagger.model, group) for group in tagger.chosen(groups)]

        @torch.no_grad()
        def add(step: int) -> None:
            for weights in written:
                squares = [weight.square().sum(tuple(range(1, weight.ndim))) for weight in weights]
                norms = torch.stack(squares).sum(0).sqrt()
                factors = torch.where(norms > 0, self.strength / norms, 0.0)
                for weight in weights:
                    add_gradient(weight, weight * by_filter(factors, weight))

        return add
