"""Criteria held against each other on one model, layer by layer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor

from prunebench.eval.quality.agreement import Agreement, kendall_tau, overlap, spearman_rho
from prunebench.harness.budget.ratio import filters_to_remove

RATIOS = (0.25, 0.5, 0.75)


def compare_scores(
    scores: Mapping[str, Mapping[str, Tensor]],
    ratios: Sequence[float] = RATIOS,
    *,
    own_budget: Collection[str] = (),
) -> list[Agreement]:
    """Agreement of each pair of criteria on each layer.

    Args:
        scores: label of a criterion → layer → (filters,).
        ratios: shares of a layer's filters to remove.
        own_budget: criteria that choose how many filters go, into which no ratio reaches.

    Returns:
        Pair by pair in the order given, and layer by layer.
    """
    found = []
    for a, b in itertools.combinations(scores, 2):
        for layer, first in scores[a].items():
            second = scores[b][layer]
            found.append(
                Agreement(
                    layer=layer,
                    a=a,
                    b=b,
                    filters=len(first),
                    kendall_tau=kendall_tau(first.numpy(), second.numpy()),
                    spearman_rho=spearman_rho(first.numpy(), second.numpy()),
                    overlap={
                        ratio: math.nan if {a, b} & set(own_budget) else _overlap(first, second, ratio)
                        for ratio in ratios
                    },
                )
            )
    return found


def _overlap(first: Tensor, second: Tensor, ratio: float) -> float:
    return overlap(*(filters_to_remove(torch.as_tensor(scores), ratio) for scores in (first, second)))
