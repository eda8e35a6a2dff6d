"""Inner products of all filters of a layer, in blocks."""

from __future__ import annotations

import torch
from torch import Tensor

CHUNK = 2048  # columns converted at a time
BLOCK = 512  # rows of one matrix product; only blocks on and above the diagonal are computed

# Where the largest entry lies between these bounds, float32 holds the products that matter to full precision.
FLOAT32_ENTRIES = (1e-12, 1e15)


def precision_for(vectors: Tensor) -> torch.dtype:
    """float32 where it holds the products of these vectors, else float64."""
    lowest, highest = vectors.aminmax()
    fits = vectors.dtype != torch.float64 and FLOAT32_ENTRIES[0] < max(-lowest, highest) < FLOAT32_ENTRIES[1]
    return torch.float32 if fits else torch.float64


def inner_products(vectors: Tensor, origin: Tensor | None, precision: torch.dtype) -> tuple[Tensor, Tensor]:
    """Squared norms (n,) and inner products (n, n) of the rows about `origin`, summed over chunks in float64.

    Args:
        vectors: (n, d), real, finite.
        origin: (d,), taken off each row; `None` for 0.
        precision: of the products of a chunk.
    """
    n, d = vectors.shape
    norms = vectors.new_zeros(n, dtype=torch.float64)
    products = vectors.new_zeros(n, n, dtype=torch.float64)
    for column in range(0, d, CHUNK):
        here = slice(column, column + CHUNK)
        chunk = vectors[:, here].to(precision)
        if origin is not None:
            chunk = chunk - origin[here].to(precision)
        norms += torch.linalg.vector_norm(chunk, dim=1).double().square()
        for row in range(0, n, BLOCK):
            products[row : row + BLOCK, row:] += chunk[row : row + BLOCK] @ chunk[row:].T
    for row in range(0, n, BLOCK):
        after = row + BLOCK
        products[row:after, row:after].tril_().add_(products[row:after, row:after].tril(-1).T)
        products[after:, row:after] = products[row:after, after:].T
    return norms, products
