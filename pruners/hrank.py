"""HRank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners import clip_mean, singular_values
from prunebench.pruners.contract import LayerView, Need, Pruner, Trait


@dataclass(frozen=True)
class HRank(Pruner):
    r"""Mean rank of a filter's feature maps.

    .. math:: s_j = \frac{1}{N} \sum_{k=1}^{N} \operatorname{rank}(A_{k,j})

    where :math:`A_{k,j}` (frames × mels) is the map of filter j in clip k after batch norm and ReLU. The
    rank is the number of singular values above max(frames, mels) · ε · (the map's largest), with ε of
    float32 whatever the precision of the activations: the rule by which `torch.matrix_rank` decides for
    float32 maps, which the released code calls on the same ReLU outputs. Filters whose maps have low rank
    are removed first.

    The rank is at most the shorter side of a map. On 10 s clips that is the number of mels left, 8 in C7 and 2 in C12
    of Cnn14, and most filters tie at the full rank: 92 to 94 % of those of C7 and C8. On 1 s clips the maps of C7 and
    C8 are 12 × 8, of C9 and C10 6 × 4, of C11 and C12 3 × 2: there the mean rank contains little more than the number
    of clips in which a filter is silent (1.18 of 2 in C12). Among filters that tie, the order in the file decides; a
    report gives the sizes of the maps and the share of ties at each cut.
    Cost: one eigendecomposition of a Gram matrix of the maps' shorter side for each filter and clip; two
    numbers a filter are kept.

    As defined in Lin et al., *HRank: Filter Pruning using High-Rank Feature Map*, CVPR 2020,
    arXiv:2002.10179.
    """

    name: ClassVar[str] = "hrank"
    reference: ClassVar[str] = "lin2020hrank"
    layers: ClassVar[frozenset[Trait]] = frozenset({"convolution"})
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Summed ranks and clips, (filters, 2)."""
        ranks = torch.stack([_ranks(maps) for maps in layer.activations])
        return clip_mean.add(seen, ranks.sum(0), len(ranks))

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), in [0, min(frames, mels)]."""
        return clip_mean.mean(layer.observed)


def _ranks(maps: Tensor) -> Tensor:
    values = singular_values.of_maps(maps)
    tolerance = max(maps.shape[-2:]) * torch.finfo(torch.float32).eps
    return (values > tolerance * values.amax(-1, keepdim=True)).sum(-1)
