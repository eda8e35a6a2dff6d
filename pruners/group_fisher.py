"""Fisher information of a gate on each filter of a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners import clip_mean
from prunebench.pruners.contract import LayerView, Need, Pruner


@dataclass(frozen=True)
class GroupFisher(Pruner):
    r"""Mean squared derivative of single clips' losses by a gate on the filter, over all layers that read it.

    .. math:: s_k = \frac{1}{N} \sum_{n=1}^{N} \Bigl( \sum_{l} \frac{\partial L_n}{\partial m_{l,k}} \Bigr)^2,
        \qquad \frac{\partial L_n}{\partial m_{l,k}} = \sum_{x} a_{n,l,k,x}
        \frac{\partial L_n}{\partial a_{n,l,k,x}}

    where l runs over the layers that read the group, :math:`m_{l,k} = 1` is a factor on filter k in what layer l reads,
    a is what it reads, x a position, and :math:`L_n` the loss of calibration clip n alone. The gates of a filter are
    one and the same, so their derivatives are added up before they are squared. Cost: one forward and one backward pass
    a batch, without gradients of weights; two numbers a filter are kept. It does not depend on a batch size.

    As defined in Liu et al., *Group Fisher Pruning for Practical Network Compression*, ICML 2021, arXiv:2108.00708. The
    paper then divides by the memory that goes with the filter; that is the same for all filters of a group, so it
    matters between groups alone, where `global` has norms of its own. Depthwise convolutions have gates of their own
    there; here they hand a filter on and only what mixes filters reads them. The authors prune one filter at a time
    while they train; this is the score alone.
    """

    name: ClassVar[str] = "group_fisher"
    reference: ClassVar[str] = "liu2021group"
    needs: ClassVar[frozenset[Need]] = frozenset({"gate_gradients"})
    whole_group: ClassVar[bool] = True

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Summed squares and clips, (filters, 2)."""
        gates = layer.gate_gradients.double()
        return clip_mean.add(seen, gates.square().sum(0), len(gates))

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), at least 0, in the square of the loss."""
        return clip_mean.mean(layer.observed)
