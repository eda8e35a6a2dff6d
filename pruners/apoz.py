"""Average percentage of zeros."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners import clip_mean
from prunebench.pruners.contract import LayerView, Need, Pruner, Trait


@dataclass(frozen=True)
class AveragePercentageOfZeros(Pruner):
    r"""Share of a filter's activations that are not zero after ReLU.

    .. math:: s_j = 1 - \mathrm{APoZ}_j, \qquad \mathrm{APoZ}_j = \frac{\sum_k \sum_p [A_{k,j,p} = 0]}{N M}

    over N calibration clips k and the M = frames · mels positions p of the feature map A after batch norm and
    ReLU. Filters that are silent most often are removed first. A filter that never fires scores 0, one that always
    fires 1; where batch norm's shift keeps all filters firing the scores are equal and say nothing.
    One pass over the activations; two numbers a filter are kept.

    As defined in Hu et al., *Network Trimming: A Data-Driven Neuron Pruning Approach towards Efficient Deep
    Architectures*, arXiv:1607.03250, 2016. There neurons above a threshold leave; here all are ranked.
    """

    name: ClassVar[str] = "apoz"
    reference: ClassVar[str] = "hu2016network"
    layers: ClassVar[frozenset[Trait]] = frozenset({"convolution", "rectified"})
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Zeros and positions of each filter, (filters, 2)."""
        zeros = (layer.activations == 0).sum((0, 2, 3))
        return clip_mean.add(seen, zeros, layer.activations[:, 0].numel())

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), in [0, 1]."""
        return 1 - clip_mean.mean(layer.observed)
