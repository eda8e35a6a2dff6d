"""Centrality in the graph of similar filters."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners.contract import LayerView, Pruner, Trait
from prunebench.pruners.prototypes import prototypes


@dataclass(frozen=True)
class GraphCentrality(Pruner):
    r"""Weighted degree of each filter in the complete graph of rank-1 cosine similarities, negated.

    .. math:: s_j = - \sum_{i \ne j} |\cos(p_i, p_j)|

    where :math:`p_j` (k²,) is the leading left singular vector of filter j read as a k² × c matrix. A filter
    of high degree is like many others, so the most central filters are removed first. A filter of zeros has no
    prototype and no edges; it gets −n, below all others.

    As defined in King, Singh & Plumbley, *Compressing Audio CNNs with Graph Centrality Based Filter Pruning*,
    WASPAA 2023, arXiv:2305.03391, with weighted degree as the centrality. The sign of a singular vector is
    arbitrary, hence the absolute value; released code offers it too, and takes the sign from the first input
    channel otherwise. Its betweenness takes similarities for distances and is not offered here.

    Cost: k² × k² eigendecompositions and one (n, n) matrix, in float64.
    """

    name: ClassVar[str] = "graph_centrality"
    reference: ClassVar[str] = "king2023compressing"
    layers: ClassVar[frozenset[Trait]] = frozenset({"spatial_kernel"})

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), float64, at most 0; higher is less central."""
        norms, directions = prototypes(layer.weight)
        zero = norms == 0
        present = directions.masked_fill(zero[:, None], 0)
        similarity = (present @ present.T).abs().fill_diagonal_(0)
        return torch.where(zero, -float(len(norms)), -similarity.sum(1))
