"""Entropy of pooled activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners.contract import LayerView, Need, Pruner, Trait
from prunebench.pruners.parameters import check_whole


@dataclass(frozen=True)
class Entropy(Pruner):
    r"""Entropy of a filter's globally pooled activations.

    .. math:: s_j = -\sum_{b=1}^{B} p_{j,b} \ln p_{j,b}

    where :math:`p_{j,b}` is the share of calibration clips whose mean activation (over frames and mels, after
    batch norm and ReLU) falls into bin b of B equal bins between filter j's own smallest and largest mean.
    Filters that respond in the same way to all clips are removed first. One with the same value for every
    clip scores 0.
    The largest score is ln min(B, clips), so the clips should be several times the bins. Equal bins over
    a filter's own range make the score blind to the size of its response.
    One scalar per filter and clip is kept. Cost: one pass over the activations.

    As defined in Luo & Wu, *An Entropy-based Pruning Method for CNN Compression*, arXiv:1706.05791, 2017; the
    default number of bins is this project's, for calibration sets of a few hundred clips.

    Args:
        bins: number of bins, from 2 to 10,000.
    """

    name: ClassVar[str] = "entropy"
    reference: ClassVar[str] = "luo2017entropy"
    layers: ClassVar[frozenset[Trait]] = frozenset({"convolution"})
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})
    bins: int = 32

    def __post_init__(self) -> None:
        check_whole("bins", self.bins, 2, 10_000)

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Mean activation of each filter in each clip so far, (filters, clips)."""
        pooled = layer.activations.mean((2, 3), dtype=torch.float64).T
        return pooled if seen is None else torch.cat((seen, pooled), 1)

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), in [0, ln min(bins, clips)]."""
        pooled = layer.observed
        filters, clips = pooled.shape
        low, high = pooled.aminmax(dim=1, keepdim=True)
        span = torch.where(high > low, high - low, 1)
        bin_of = ((pooled - low) / span * self.bins).long().clamp(max=self.bins - 1)
        row = torch.arange(filters, device=pooled.device)[:, None] * self.bins
        counts = torch.bincount((row + bin_of).flatten(), minlength=filters * self.bins)
        shares = counts.view(filters, self.bins).double() / clips
        terms: Tensor = torch.special.entr(shares)
        return terms.sum(1)
