"""The leading singular triple of every filter: its operator norm and its prototype direction."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

CHUNK = 1_000_000  # numbers converted to float64 at a time
DIGITS = 32  # binary places to which norms are compared: the last ones depend on a filter's place in a batch


class Prototypes(NamedTuple):
    """What a rank-1 approximation keeps of n filters.

    Attributes:
        norms: (n,), the leading singular values, float64.
        directions: (n, k²), the leading left singular vectors, float64, of unit length and arbitrary sign.
            For a filter of zeros any direction is one.
    """

    norms: Tensor
    directions: Tensor


def prototypes(weight: Tensor) -> Prototypes:
    """Leading singular values and left singular vectors of the filters, each read as a k² × c matrix.

    From the k² × k² products of the filters with themselves, in float64.

    Args:
        weight: (n, c, height, width), k² = height × width.
    """
    filters = weight.flatten(2)
    n, channels, positions = filters.shape
    step = max(1, CHUNK // (channels * positions))
    values, vectors = [], []
    for first in range(0, n, step):
        chunk = filters[first : first + step].to(torch.float64)
        found = torch.linalg.eigh(chunk.mT @ chunk)
        values.append(found.eigenvalues[:, -1].clamp(min=0))
        vectors.append(found.eigenvectors[:, :, -1])
    return Prototypes(torch.cat(values).sqrt(), torch.cat(vectors))


def strongest_first(weight: Tensor, norms: Tensor) -> NDArray[np.int64]:
    """The filters by falling operator norm, equal ones (to about ten decimal places) by their stored bytes.

    The order depends on the filters alone and not on how these are stored, up to exact twins.
    """
    mantissas, exponents = np.frexp(norms.cpu().numpy())
    strengths = np.ldexp(np.rint(np.ldexp(mantissas, DIGITS)), exponents - DIGITS)
    stored = weight.detach().flatten(1).cpu()
    by_norm = np.argsort(-strengths, kind="stable")
    ordered: list[int] = []
    for _, equal in groupby(by_norm, key=lambda j: float(strengths[j])):
        group = list(equal)
        if len(group) > 1:
            group.sort(key=lambda j: stored[j].contiguous().view(torch.uint8).numpy().tobytes())
        ordered += group
    return np.array(ordered, dtype=np.int64)
