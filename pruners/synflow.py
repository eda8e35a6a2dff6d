"""Synaptic flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from prunebench.pruners.contract import LayerView, Need, Pruner
from prunebench.pruners.parameters import check_whole


@dataclass(frozen=True)
class SynFlow(Pruner):
    r"""Order of removal if the filters with the least synaptic flow are removed first.

    .. math:: f_k = \sum_{\theta \in k} \theta \frac{\partial R}{\partial \theta}, \qquad
        R = 1^\top \Bigl( \prod_{l} |\theta^{[l]}| \Bigr) 1

    where R is the sum of the logits of the network for an input of ones, with absolute weights, without biases, with
    norms and non-linearities that return their input, and with open gates. The first sum is over the incoming weights
    of filter k in every layer that computes it. No clips are needed. In a network without shortcuts the flows of a
    layer sum to R, so filters of wide layers have little flow.

    In each of n rounds the filters with the least flow, of all layers of the network, are removed, and the flows are
    computed again. Each round keeps the same share of the filters, until one filter per layer is left, which always
    stays. The score is the position in this order: 0 for the first filter removed, 1 for the last. There is one order
    for all layers, so the allocation `global[normalise=none]` with the scope `all` prunes as the paper does; `uniform`
    uses the order within each layer. The scope does not change scores. Filters without flow tie at 0: these are the
    hidden filters of a squeeze-excite gate, because an open gate is a constant.

    Scores are computed in float64, because R grows by a factor with each layer. Cost: at most one forward and one
    backward pass per round, for a single input of two seconds, and a copy of the model in float64. A sweep records the
    time as `scoring_seconds`.

    As defined in Tanaka et al., *Pruning neural networks without any data by iteratively conserving synaptic flow*,
    NeurIPS 2020, arXiv:2006.05467, for single weights. The paper's rounds end at the requested budget; these end at
    one filter per layer, so one order serves every budget. The released code keeps biases and batch norms with
    absolute parameters; here they are neutral, because otherwise flow is not conserved.

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
