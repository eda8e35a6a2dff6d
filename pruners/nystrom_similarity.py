"""Cosine similarity of rank-1 prototypes, approximated from a few columns."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner, Trait
from prunebench.pruners.similarity_ranking import similarity_ranking

# Eigenvalues of the landmarks' similarities below this share of the largest are rounding.
NEGLIGIBLE = 1e-10


@dataclass(frozen=True)
class NystromSimilarity(Pruner):
    r"""Rank filters as `rank1_cosine`, with the similarity matrix approximated from a few of its columns.

    .. math:: S \approx |C W^{+} C^\top|

    where the columns of :math:`C` (n, m) are the cosines of all prototypes with those of m landmark filters
    and :math:`W` (m, m) are the landmarks' rows of it. The absolute value is taken last, so the arbitrary
    signs of the prototypes cancel. Then the walk of `rank1_cosine`.

    The landmarks are the m filters of largest operator norm, equal ones by their stored bytes, so the
    choice does not depend on how filters are stored; the released code takes the first m, and there a filter
    can become its own neighbour. Prototypes have k² entries, so k² landmarks that are linearly independent
    give the similarities exactly: for 3 × 3 kernels the scores differ from those of `rank1_cosine` below 9
    landmarks and hardly above.

    As defined in Singh & Plumbley, *Efficient Similarity-based Passive Filter Pruning for Compressing CNNs*,
    ICASSP 2023, arXiv:2210.17416; the walk that ranks all filters is this project's.

    Cost: that of `rank1_cosine`; the approximation saves nothing where prototypes have k² entries only.

    Args:
        landmarks: number of columns, at least 1; all filters gives `rank1_cosine`.
    """

    name: ClassVar[str] = "nystrom_similarity"
    reference: ClassVar[str] = "singh2023efficient"
    layers: ClassVar[frozenset[Trait]] = frozenset({"spatial_kernel"})
    landmarks: int = 64

    def __post_init__(self) -> None:
        if not isinstance(self.landmarks, int) or self.landmarks < 1:
            raise ValueError(
                "Parameter `landmarks` must be an integer of at least 1. "
                f"Found `landmarks = {self.landmarks!r}`."
            )

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, in [0, 1]; all different for more than one filter."""
        return similarity_ranking(layer.weight, self._similarity, goes="less distant")

    def _similarity(self, prototypes: Tensor) -> Tensor:
        columns = prototypes @ prototypes[: self.landmarks].T
        inverse: Tensor = torch.linalg.pinv(columns[: self.landmarks], rtol=NEGLIGIBLE, hermitian=True)
        return (columns @ inverse @ columns.T).abs()
