"""Cosine similarity of rank-1 prototypes."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner, Trait
from prunebench.pruners.similarity_ranking import similarity_ranking


@dataclass(frozen=True)
class Rank1Cosine(Pruner):
    r"""Of the filters whose rank-1 prototypes are most alike, the one nearer to all others goes.

    Each filter is read as a k² × c matrix; its prototype :math:`p_j` (k²,) is the leading left singular
    vector, and two filters are as distant as

    .. math:: d_{ij} = 1 - |\cos(p_i, p_j)|

    in float64, rounded to 1e-6. Pairs are walked from the nearest up, and of a pair that is still whole the
    filter with the smaller sum of distances to the filters still left goes. Equal pairs are ordered by the
    smaller sum, then by the partner's; equal sums by operator norm, the smaller going first, then by stored
    bytes. Filters of zeros have no prototype and leave first. The score is the place in the order of
    leaving / (n − 1): the last to leave has 1.

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
