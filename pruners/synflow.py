"""Synaptic flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners.contract import LayerView, Need, Pruner
from prunebench.pruners.parameters import check_whole


@dataclass(frozen=True)
class SynFlow(Pruner):
    r"""Order in which filters leave if those that pass least synaptic flow go first.

    .. math:: f_k = \sum_{\theta \in k} \theta \frac{\partial R}{\partial \theta}, \qquad
        R = 1^\top \Bigl( \prod_{l} |\theta^{[l]}| \Bigr) 1

    where R is the sum of the logits of the network for an input of ones, with absolute weights, no biases, norms and
    non-linearities that give what they are given, and open gates; the sum is over the incoming weights of filter k in
    every layer that writes it. No clip is looked at. In a network without shortcuts the flows of a layer sum to R, so
    that wide layers pass little per filter.

    In each of n rounds the filters of least flow leave, over all layers of the network, and the flows are computed
    anew. What is left shrinks by the same factor each round, down to one filter a layer, which always stays. The score
    is the place in the order of leaving: first out 0, last 1. It is one order over all layers, so the allocation
    `global[normalise=none]` with the scope `all` prunes as the paper does; `uniform` takes the order within each layer.
    The scope changes no score. Filters through which nothing flows tie at 0: the hidden ones of a squeeze-excite gate,
    since an open gate is a constant.

    Computed in float64, since R grows by a factor with each layer. Cost: at most one forward and one backward pass a
    round, for a single input of two seconds, and a copy of the model in float64: for a full Cnn14 1.5 s a round on one
    core.

    As defined in Tanaka et al., *Pruning neural networks without any data by iteratively conserving synaptic flow*,
    NeurIPS 2020, arXiv:2006.05467, for single weights. The paper's rounds shrink to the budget that is asked for; these
    shrink to one filter a layer, so that one order serves every budget. The released code keeps biases and batch norms
    with absolute parameters; here they are neutral, which the conservation of flow needs.

    Args:
        rounds: n, from 1 to 10,000.
    """

    name: ClassVar[str] = "synflow"
    reference: ClassVar[str] = "tanaka2020pruning"
    needs: ClassVar[frozenset[Need]] = frozenset({"synaptic_flow"})
    whole_group: ClassVar[bool] = True
    rounds: int = 100

    def __post_init__(self) -> None:
        check_whole("rounds", self.rounds, 1, 10_000)

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), in [0, 1], float64; distinct over all layers, except 0 for filters without flow."""
        return layer.synaptic_flow
