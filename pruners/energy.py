"""Energy of feature maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners import clip_mean, singular_values
from prunebench.pruners.contract import LayerView, Need, Pruner, Trait


@dataclass(frozen=True)
class Energy(Pruner):
    r"""Mean nuclear norm of a filter's feature maps.

    .. math:: s_j = \frac{1}{N} \sum_{k=1}^{N} \lVert A_{k,j} \rVert_*

    where :math:`A_{k,j}` (frames × mels) is the map of filter j in clip k after batch norm and ReLU, and the
    nuclear norm the sum of its singular values. Filters with weak or flat maps are removed first. The last layers of
    Cnn14 have maps of few columns, where the nuclear norm is near the Frobenius norm.
    Cost: one eigendecomposition of a Gram matrix of the maps' shorter side for each filter and clip; two
    numbers a filter are kept. Relative error below 1e-5.

    As defined in Yeom, Shim & Hwang, *Toward Compact Deep Neural Networks via Energy-Aware Pruning*,
    arXiv:2103.10858, 2021.
    """

    name: ClassVar[str] = "energy"
    reference: ClassVar[str] = "yeom2021toward"
    layers: ClassVar[frozenset[Trait]] = frozenset({"convolution"})
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Summed nuclear norms and clips, (filters, 2)."""
        # Clip by clip: in float64 a whole batch of the first layers' maps would take hundreds of megabytes.
        norms = torch.stack([singular_values.of_maps(maps).sum(-1) for maps in layer.activations])
        return clip_mean.add(seen, norms.sum(0), len(norms))

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), at least 0, in the unit of the activations."""
        return clip_mean.mean(layer.observed)
