"""Singular values of feature maps."""

from __future__ import annotations

import torch
from torch import Tensor


def of_maps(maps: Tensor) -> Tensor:
    """Singular values of each map, in float64, ascending.

    They are roots of the eigenvalues of the Gram matrix of the map's shorter side. In float64 this is exact
    to about 1e-8 of a map's largest singular value, below what the float32 activations themselves resolve.

    Args:
        maps: (…, frames, mels).

    Returns:
        (…, min(frames, mels)), at least 0.

    Cost: O(frames · mels · min(frames, mels)) a map.
    """
    wide = maps.double()
    if wide.shape[-2] < wide.shape[-1]:
        wide = wide.mT
    squares: Tensor = torch.linalg.eigvalsh(wide.mT @ wide)
    return squares.clamp(min=0).sqrt()
