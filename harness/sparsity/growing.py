"""Growing regularisation: a rising L2 penalty on the filters that will be removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.eval.text.given import check_option
from prunebench.harness.budget.ratio import lowest, removal_count
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.sparsity.regulariser import (
    Penalty,
    Regulariser,
    add_gradient,
    by_filter,
    writer_weights,
)


@dataclass(frozen=True)
class Growing(Regulariser):
    r"""Press the filters of the smallest L1 norm to zero, softly at first and harder in steps.

    .. math:: \frac{\lambda_t}{2} \sum_g \sum_{k \in R_g} \lVert W_g[k] \rVert_2^2,
        \qquad \lambda_t = \min(\tau, \delta\,(1 + \lfloor t / K \rfloor))

    where :math:`R_g` holds the share `ratio` of the filters of each group g, those with the smallest L1 norm of all
    weights of all writers of the group before the first step t = 0. :math:`W_g[k]` is as in `GroupLasso`.
    GReg-1 of Wang et al., *Neural Pruning via Growing Regularization*, ICLR 2021, which takes τ = 1, δ = 1e-4 and
    K = 10 for about a hundred thousand steps of SGD. A base model gets fewer steps here, so the default δ is larger:
    with it the ceiling is reached after 990 steps.

    Args:
        strength: the ceiling τ.
        ratio: share of each group's filters that is pressed, in (0, 1), counted as `prune.ratios` counts them.
        increment: the rise δ, above 0.
        every: steps K between two rises, at least 1.
    """

    name: ClassVar[str] = "growing"
    reference: ClassVar[str] = "wang2021neural"
    strength: float = 1.0
    ratio: float = 0.5
    increment: float = 0.01
    every: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        for parameter in ("ratio", "increment"):
            object.__setattr__(self, parameter, self._number(parameter))
        if not 0 < self.ratio < 1:
            raise InputError(
                "Parameter `ratio` of sparsity method `growing` must lie in (0, 1). Found "
                f"`ratio = {self.ratio:g}`: give the share of filters that you will prune."
            )
        if not self.increment:
            raise InputError(
                "Parameter `increment` of sparsity method `growing` must be above 0, because the penalty rises by it. "
                "Found `increment = 0`."
            )
        check_option("sparsity method `growing`", "every", self.every, 1)

    def factor_at(self, step: int) -> float:
        """λ of a step, counted from 0."""
        return min(self.strength, self.increment * (1 + step // self.every))

    def begin(self, tagger: Tagger, groups: Sequence[str]) -> Penalty:
        """The penalty; see `Regulariser`."""
        pressed = [
            (writer_weights(tagger.model, group), self._pressed(tagger, group))
            for group in tagger.chosen(groups)
        ]

        @torch.no_grad()
        def add(step: int) -> None:
            factor = self.factor_at(step)
            for weights, mask in pressed:
                for weight in weights:
                    add_gradient(weight, weight * by_filter(factor * mask, weight))

        return add

    @torch.no_grad()
    def _pressed(self, tagger: Tagger, group: Group) -> Tensor:
        """1 for each penalised filter and 0 for the others, (filters,)."""
        weights = writer_weights(tagger.model, group)
        norms = torch.stack([weight.abs().sum(tuple(range(1, weight.ndim))) for weight in weights]).sum(0)
        mask = torch.zeros_like(norms)
        mask[list(lowest(norms, removal_count(group.filters, self.ratio)))] = 1.0
        return mask
