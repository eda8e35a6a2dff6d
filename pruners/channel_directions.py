"""The leading direction of every input channel of a layer, and how far each filter lies along it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

# Numbers held in float64 at a time: few enough to stay in cache, so that the weights are read once, and
# enough for few small steps, which cost most where other work keeps the cores busy.
CHUNK = 500_000


def channel_projections(weight: Tensor) -> Iterator[Tensor]:
    r"""Projections of the centred filters onto the leading direction of each input channel.

    For channel c the rows of :math:`A_c` (n, k²) are the layer's n filters at that channel, less their
    mean. With its leading singular triple :math:`(\sigma_c, u_c, v_c)` the projections are
    :math:`A_c v_c = \sigma_c u_c`. The direction is the leading eigenvector of the k² × k² matrix
    :math:`A_c^\top A_c`, so no n × n factor is formed. Its sign is arbitrary.

    Args:
        weight: (n, channels, height, width).

    Yields:
        (some channels, n), float64; all channels once, in order.
    """
    filters = weight.flatten(2)
    n, channels, positions = filters.shape
    step = max(1, CHUNK // (n * positions))
    for first in range(0, channels, step):
        # A copy also where the weights are float64, because it is centred in place.
        chunk = filters[:, first : first + step].to(torch.float64, copy=True)
        chunk -= chunk.mean(0)
        rows = chunk.transpose(0, 1)
        directions = torch.linalg.eigh(rows.mT @ rows).eigenvectors[:, :, -1:]
        yield (rows @ directions)[:, :, 0]
