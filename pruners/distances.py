"""Euclidean distances between all filters of a layer, exact also for near twins.

The fast way, |x|² + |y|² − 2⟨x, y⟩ from one matrix product, loses a distance that is small beside the
norms. So filters that lie that close are grouped, moved to one of them as the origin, where their norms are
as small as their distances, and measured again. Differences of stored numbers are rounded once, so a
group of exact twins has distances of exactly 0.
"""

from __future__ import annotations

import scipy  # scipy.sparse loads at first use
import torch
from torch import Tensor

from prunebench.pruners.inner_products import inner_products, precision_for

# Pairs below these shares of |x|² + |y|² are measured again, so that the rounding of the products stays
# below 1e-6 of a distance: float32 products carry errors near 1e-7, float64 products near 1e-15.
CLOSE_FLOAT32 = 0.25
CLOSE_FLOAT64 = 1e-8


def pairwise_distances(vectors: Tensor) -> Tensor:
    """Euclidean distances between the rows.

    Args:
        vectors: (n, d), real, finite.

    Returns:
        (n, n), float64, symmetric, 0 on the diagonal and between equal rows; the relative error of a
        distance is below 1e-6. Besides the result, memory for a few (n, n) matrices and n × `CHUNK` columns.
    """
    return _distances(vectors, None, precision_for(vectors))


def _distances(vectors: Tensor, origin: Tensor | None, precision: torch.dtype) -> Tensor:
    n = len(vectors)
    squared_norms, products = inner_products(vectors, origin, precision)
    norms = squared_norms[:, None] + squared_norms
    squares = norms - 2 * products
    squares.fill_diagonal_(0)
    # At most 1 / (2 n²): then no chain of close filters reaches from the origin to the farthest one, so
    # every group is smaller than the set it came from.
    share = CLOSE_FLOAT32 if precision == torch.float32 else min(CLOSE_FLOAT64, 0.5 / n**2)
    close = (squares < share * norms).fill_diagonal_(False)
    distances = squares.clamp_(min=0).sqrt_()
    for members in _groups(close):
        again = _distances(vectors[members], vectors[members[0]], torch.float64)
        distances[members[:, None], members] = again
    return distances


def _groups(close: Tensor) -> list[Tensor]:
    """Filters joined by close pairs, as index tensors; those close to none are left out."""
    rows, columns = close.nonzero(as_tuple=True)
    if len(rows) == 0:
        return []
    graph = scipy.sparse.coo_matrix((torch.ones(len(rows)), (rows.cpu(), columns.cpu())), shape=close.shape)
    _, labels = scipy.sparse.csgraph.connected_components(graph, directed=False)
    group = torch.from_numpy(labels).to(close.device)
    sizes = torch.bincount(group)
    return [(group == label).nonzero()[:, 0] for label in (sizes > 1).nonzero()[:, 0]]
