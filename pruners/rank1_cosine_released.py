"""One of each nearest pair of rank-1 prototypes, as released."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner, Trait
from prunebench.pruners.prototypes import prototypes

PLACES = 5


@dataclass(frozen=True)
class Rank1CosineReleased(Pruner):
    r"""The set that the authors' script keeps: one of each nearest pair of filters.

    The prototype of a filter, read as a k² × c matrix, is the first column of its rank-1 approximation,
    scaled to length 1: the leading left singular vector with the sign of the right one's first entry. Each
    filter is paired with the filter at the second smallest cosine distance

    .. math:: d_{ij} = 1 - \cos(p_i, p_j)

    rounded to five places, its own distance counted. The pairs are visited from the nearest up: a filter that
    is not yet redundant is kept, and its partner becomes redundant.

    Scores are 1 for kept filters and 0 for the others, so the criterion chooses how many filters to remove, and takes
    no ratio.

    Cost: k² × k² eigendecompositions, one (n, n) matrix.

    Departures from `rank1_cosine`: a filter can be kept first and redundant later; with exact twins it can be
    its own partner; a filter and its negative are as far apart as can be, and the signs depend on the first
    input channel; ties at five places are decided by where filters are stored, here the first stored first,
    in the script as NumPy's unstable sort happens to leave them. Where a right singular vector begins
    with 0 the script gives nan and here the sign is arbitrary; a single filter, on which the script stops,
    is kept.

    Written from a description of the scripts released with Singh & Plumbley, Interspeech 2022,
    arXiv:2203.15751, and ICASSP 2023, arXiv:2210.17416 (the one that rounds).
    """

    name: ClassVar[str] = "rank1_cosine_released"
    reference: ClassVar[str] = "singh2022passive"
    layers: ClassVar[frozenset[Trait]] = frozenset({"spatial_kernel"})
    released: ClassVar[bool] = True
    own_budget: ClassVar[bool] = True
    order_free: ClassVar[bool] = False
    sign_free: ClassVar[bool] = False

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64: 1 for the filters kept, 0 for the redundant."""
        norms, directions = prototypes(layer.weight)
        # The first unit vector is what a singular value decomposition of zeros begins with.
        directions[norms == 0] = torch.eye(1, directions.shape[1]).to(directions)
        first_channel = layer.weight[:, 0].flatten(1).to(directions)
        negative = (first_channel * directions).sum(1, keepdim=True) < 0
        signed = torch.where(negative, -directions, directions)
        distances = (1 - signed @ signed.T).cpu().numpy().round(PLACES)
        return torch.from_numpy(_kept(distances)).to(directions)


def _kept(distances: NDArray[np.float64]) -> NDArray[np.bool_]:
    n = len(distances)
    if n == 1:
        return np.ones(1, dtype=np.bool_)
    filters = np.arange(n)
    others = distances.copy()
    others[filters, others.argmin(1)] = np.inf
    partner = others.argmin(1)
    kept, redundant = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for j in np.argsort(distances[filters, partner], kind="stable"):
        if not redundant[j]:
            kept[j] = redundant[partner[j]] = True
    return kept
