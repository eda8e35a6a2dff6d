"""Fisher information of a gate on each filter of a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners import clip_mean
from prunebench.pruners.contract import LayerView, Need, Pruner


@dataclass(frozen=True)
class GroupFisher(Pruner):
    r"""Mean squared derivative of each clip's loss with respect to a gate on the filter, summed over its readers.

    .. math:: s_k = \frac{1}{N} \sum_{n=1}^{N} \Bigl( \sum_{l} \frac{\partial L_n}{\partial m_{l,k}} \Bigr)^2,
        \qquad \frac{\partial L_n}{\partial m_{l,k}} = \sum_{x} a_{n,l,k,x}
        \frac{\partial L_n}{\partial a_{n,l,k,x}}

    where l runs over the layers that read the group (the readers), :math:`m_{l,k} = 1` is a gate: a factor on filter k
    in the input of layer l. a is this input, x a position, and :math:`L_n` the loss of calibration clip n alone. A
    filter has the same gate in all readers, so their derivatives are added before they are squared. Cost: one forward
    and one backward pass per batch, without gradients of weights; two numbers per filter are kept. The score does not
    depend on the batch size.

    As defined in Liu et al., *Group Fisher Pruning for Practical Network Compression*, ICML 2021, arXiv:2108.00708. The
    paper then divides by the memory that the filter takes. All filters of a group take the same, so this matters only
    between groups, where `global` has its own normalisation. In the paper depthwise convolutions have their own gates;
    here they pass a filter on, and only layers that mix filters are readers. The authors prune one filter at a time
    during training; this is only the score.
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
