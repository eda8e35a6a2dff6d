"""Channel independence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners import clip_mean
from prunebench.pruners.contract import LayerView, Need, Pruner, Trait

# The trapezoidal rule on a logarithmic grid: the integrand is analytic within π/2 of the real line, so the
# error is of the order exp(−π²/STEP); beyond exp(±REACH) what is left out is below 1e-15.
STEP = 0.25
REACH = 38.0


@dataclass(frozen=True)
class ChannelIndependence(Pruner):
    r"""Loss of nuclear norm when a filter's feature map is zeroed.

    .. math:: s_j = \frac{1}{N} \sum_{k=1}^{N} \lVert A_k \rVert_* - \lVert A_k^{(j)} \rVert_*

    where :math:`A_k` (filters × frames·mels) holds the maps of clip k after batch norm and ReLU, one a row,
    and :math:`A_k^{(j)}` the same with row j zeroed. If the other maps can express a map, its loss is
    small, and its filter is removed first. As in the paper, each filter is compared with all others. So if one of
    two twins is removed, the score of the other is no longer correct.

    The definition asks for n + 1 singular value decompositions a clip. Zeroing row :math:`a_j` takes the
    rank-one matrix :math:`a_j a_j^\top` off the Gram matrix :math:`G = A^\top A`. The determinant of that
    downdate and :math:`\sqrt{x} = \frac{1}{\pi}\int_0^\infty \ln(1 + x/t^2)\,dt` give

    .. math:: s_j = -\frac{1}{\pi} \int_0^\infty
        \ln\bigl(1 - a_j^\top (G + t^2 I)^{-1} a_j\bigr)\, dt

    so one eigendecomposition serves all filters. Cost per clip, with p = frames·mels and r = min(n, p):
    O(n p r + r³) for it and O(600 n r) for the integrals of all filters. Absolute error below 1e-6 of the
    largest singular value. Two numbers a filter are kept.

    As defined in Sui et al., *CHIP: CHannel Independence-based Pruning for Compact Neural Networks*,
    NeurIPS 2021, arXiv:2110.13981. The released code rounds the maps to four places first.
    """

    name: ClassVar[str] = "chip"
    reference: ClassVar[str] = "sui2021chip"
    layers: ClassVar[frozenset[Trait]] = frozenset({"convolution"})
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Summed channel independences and clips, (filters, 2)."""
        losses = torch.stack([nuclear_norm_losses(maps.flatten(1)) for maps in layer.activations])
        return clip_mean.add(seen, losses.sum(0), len(losses))

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), at least 0, in the unit of the activations."""
        return clip_mean.mean(layer.observed)


def nuclear_norm_losses(rows: Tensor) -> Tensor:
    """What the nuclear norm loses when each row alone is zeroed.

    Args:
        rows: (n, p).

    Returns:
        (n,) in float64, each at least 0 and at most the norm of its row.
    """
    rows = rows.double()
    squares, leverage = _in_eigenbasis(rows)
    top = squares.amax()
    if top == 0:
        return rows.new_zeros(len(rows))
    grid = torch.arange(-REACH, REACH + STEP / 2, STEP, dtype=rows.dtype, device=rows.device).exp()
    shifted = squares[:, None] / top + grid.square()
    removed = leverage @ (squares[:, None] / top / shifted)
    # Where little is left of 1, the complement is summed directly: the difference would cancel.
    tall = rows.shape[0] > rows.shape[1]
    outside = (1 - leverage.sum(1)).clamp(min=0) if tall else rows.new_zeros(len(rows))
    left = outside[:, None] + leverage @ (grid.square() / shifted)
    integrand = torch.where(removed < 0.5, -torch.log1p(-removed.clamp(max=0.5)), -left.log())
    return top.sqrt() * STEP / torch.pi * (integrand @ grid)


def _in_eigenbasis(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Squared singular values (r,) and squared left singular vectors (n, r), by the smaller Gram matrix.

    Eigenvalues that are rounding noise are returned as 0; for n > p their left vectors are too.
    """
    tall = rows.shape[0] > rows.shape[1]
    squares, vectors = torch.linalg.eigh(rows.T @ rows if tall else rows @ rows.T)
    squares = torch.where(squares > squares[-1] * len(squares) * torch.finfo(rows.dtype).eps, squares, 0)
    if not tall:
        return squares, vectors.square()
    return squares, torch.where(squares > 0, (rows @ vectors).square() / squares.clamp(min=1e-300), 0)
