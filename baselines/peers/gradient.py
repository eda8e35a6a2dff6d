"""torch-pruning's importances of gradients: Taylor, Hessian, OBD-C."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch_pruning as tp
from torch import Tensor

from prunebench.baselines.peers.dependency_group import LayerModel, pack
from prunebench.baselines.peers.peer import GradientPeer
from prunebench.pruners.contract import LayerView


@dataclass(frozen=True)
class PeerTaylor(GradientPeer):
    r"""torch-pruning's Taylor expansion: products of weights and gradients, over the group.

    .. math:: s_j \propto \frac{1}{2} \Bigl( \sum_{w \in F_j} |g_w w| + \sum_{v \in V_j} |g_v v| \Bigr)

    where :math:`V_j` are the weights that read filter j's output and g is the gradient summed over all
    batches; divided by the mean over the filters. `GroupTaylorImportance` of 1.6.1.

    Departures from `taylor`: absolute products instead of the square of their sum, the layer above has a say,
    and gradients are added up before they are multiplied, so that what single batches would change cancels.
    Batch norm never counts: the library looks for group norm in its place.

    Args:
        multivariable: :math:`|\sum g_w w|` instead of :math:`\sum |g_w w|`.
    """

    name: ClassVar[str] = "tp:taylor"
    multivariable: bool = False

    def importance(self) -> tp.importance.Importance:
        """`GroupTaylorImportance(multivariable)`."""
        return tp.importance.GroupTaylorImportance(multivariable=self.multivariable)


@dataclass(frozen=True)
class PeerHessian(GradientPeer):
    r"""torch-pruning's Hessian: squared weights times squared gradients of the last clip, over the group.

    .. math:: s_j \propto \frac{1}{3} \Bigl( \sum_{w \in F_j} w^2 g_w^2 + \gamma_j^2 g_{\gamma_j}^2
        + \sum_{v \in V_j} v^2 g_v^2 \Bigr)

    where :math:`V_j` are the weights that read filter j's output; divided by the mean over the filters.
    `GroupHessianImportance` of 1.6.1, which is meant to average :math:`g^2` over the clips, but looks up what
    it keeps by parameter under the parameter's name and so starts anew with each clip: only the last one
    counts. `obd` averages over all.
    """

    name: ClassVar[str] = "tp:hessian"
    clip_by_clip: ClassVar[bool] = True

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """The last clip's gradients, all that the library keeps; of the size of the group's weights."""
        return pack(layer.gradients)

    def importance(self) -> tp.importance.Importance:
        """`GroupHessianImportance()`."""
        return tp.importance.GroupHessianImportance()

    def score_with_gradients(self, model: LayerModel) -> Tensor:
        """Scores from the model whose parameters have the gradients of one clip."""
        importance = self.importance()
        importance.accumulate_grad(model)
        scores: Tensor = importance(model.group())
        return scores


@dataclass(frozen=True)
class PeerObdC(GradientPeer):
    r"""torch-pruning's OBD-C: squared weights times the diagonal Fisher information of the layer.

    .. math:: s_j \propto \sum_{w \in F_j} w^2 \Bigl( \frac{1}{N} \sum_{k=1}^{N} \bigl( g_w^{(k)} \bigr)^2
        + 10^{-10} \Bigr)

    where :math:`g^{(k)}` is the gradient of the loss of calibration clip k alone; divided by the mean over
    the filters. `OBDCImportance` of 1.6.1, with its steps of one clip each. Within a layer it is `obd` but
    for the constant, which decides where gradients are below 1e-5: there the order is that of `l2`.

    The baseline of Wang et al., *EigenDamage*, ICML 2019, arXiv:1905.05934.
    """

    name: ClassVar[str] = "tp:obdc"
    clip_by_clip: ClassVar[bool] = True
    scale_free: ClassVar[bool] = False

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """Summed squares of the weights' gradients beside the number of clips, (filters, weights + 1)."""
        squares = layer.gradients.weight.flatten(1).square()
        step = torch.cat((squares, squares.new_ones(len(squares), 1)), 1)
        return step if seen is None else seen + step

    def importance(self) -> tp.importance.Importance:
        """`OBDCImportance()`."""
        return tp.importance.OBDCImportance()

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), at least 0."""
        model, importance = LayerModel(layer), self.importance()
        importance.steps = int(layer.observed[0, -1])
        # The library looks up the consumer's information, and then counts outputs alone.
        importance.Fisher = {
            model.convolution: layer.observed[:, :-1],
            model.consumer: layer.observed.new_zeros(()),
        }
        model.convolution.weight.grad = torch.zeros_like(layer.weight)  # without one the layer is skipped
        scores: Tensor = importance(model.group())
        return scores
