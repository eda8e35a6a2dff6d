"""Cosine similarity of rank-1 prototypes."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner, Trait
from prunebench.pruners.similarity_ranking import similarity_ranking


@dataclass(frozen=True)
class Rank1Cosine(Pruner):
    r"""Of the two filters with the most similar rank-1 prototypes, remove the one nearer to all others.

    Each filter is read as a k² × c matrix; its prototype :math:`p_j` (k²,) is the leading left singular
    vector, and the distance of two filters is

    .. math:: d_{ij} = 1 - |\cos(p_i, p_j)|

    in float64, rounded to 1e-6. Pairs are visited from the nearest up. If neither filter of a pair is
    removed yet, the one with the smaller sum of distances to the remaining filters is. Equal pairs are ordered by the
    smaller sum, then by the partner's; equal sums by operator norm, the smaller going first, then by stored
    bytes. Filters of zeros have no prototype and are removed first. The score is the position in the
    order of removal / (n − 1): the last filter has 1.

    The prototypes and distances are those of Singh & Plumbley, *A Passive Similarity based CNN Filter
    Pruning for Efficient Acoustic Scene Classification*, Interspeech 2022, arXiv:2203.15751, which keeps one
    of each nearest pair and so has no ratio; the walk that ranks all filters is this project's. The sign of
    a singular vector is arbitrary, hence the absolute value; the released code takes the sign from the first
    input channel (`rank1_cosine_released`).

    Cost: k² × k² eigendecompositions, one (n, n) matrix, about n² steps for the walk.
    """

    name: ClassVar[str] = "rank1_cosine"
    reference: ClassVar[str] = "singh2022passive"
    layers: ClassVar[frozenset[Trait]] = frozenset({"spatial_kernel"})

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, in [0, 1]; all different for more than one filter."""
        return similarity_ranking(layer.weight, lambda p: (p @ p.T).abs(), goes="less distant")
