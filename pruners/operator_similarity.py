"""Operator similarity."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner, Trait
from prunebench.pruners.similarity_ranking import similarity_ranking


@dataclass(frozen=True)
class OperatorSimilarity(Pruner):
    r"""Of the two most similar filters, remove the one with the smaller operator norm.

    Each filter is read as a k² × c matrix with its leading singular triple :math:`(\sigma_j, u_j, v_j)`;
    the similarity of filters i and j is

    .. math:: S_{ij} = |\cos(u_i, u_j)|

    in float64, rounded to 1e-6. Pairs are visited from the most similar down. If neither filter of a pair is removed
    yet, the one with the smaller :math:`\sigma` is. Equal pairs are ordered by the smaller :math:`\sigma`, then by
    the partner's; filters of equal :math:`\sigma` (to about ten decimal places) by their stored bytes, so that only
    between exact twins does the order of storage decide. Filters of zeros are removed first. The score is the
    position in the order of removal / (n − 1): the last filter has 1.

    This is the project's reading of "operator similarity": the similarity of Singh & Plumbley, Interspeech
    2022 (arXiv:2203.15751) and ICASSP 2023 (arXiv:2210.17416), with the operator norm of Singh & Plumbley,
    TASLP 33, 2025 (arXiv:2304.02319). `rank1_cosine` walks the same pairs without the norm.

    Cost: k² × k² eigendecompositions, one (n, n) matrix, about n² steps for the walk.
    """

    name: ClassVar[str] = "operator_similarity"
    reference: ClassVar[str] = "singh2022passive"
    layers: ClassVar[frozenset[Trait]] = frozenset({"spatial_kernel"})

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, in [0, 1]; all different for more than one filter."""
        return similarity_ranking(layer.weight, lambda u: (u @ u.T).abs(), goes="smaller norm")
