"""A pruner whose scores torch-pruning computes."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch_pruning as tp
from torch import Tensor

from prunebench.baselines.peers.dependency_group import LayerModel, pack
from prunebench.pruners.contract import LayerView, Need, Pruner, Trait


@dataclass(frozen=True)
class Peer(Pruner):
    """An importance of torch-pruning, called on the layer's dependency group.

    The group is that of the whole model: the convolution, its batch norm and the layer that reads it. The
    scores are the library's, in float32, departures included: where it divides 0 by 0, they are nan, and the
    harness refuses them in one sentence.

    The library is that of Fang et al., *DepGraph: Towards Any Structural Pruning*, CVPR 2023,
    arXiv:2301.12900; what is said of it holds for version 1.6.1.
    """

    reference: ClassVar[str] = "fang2023depgraph"
    layers: ClassVar[frozenset[Trait]] = frozenset({"convolution", "batch_norm", "one_reader"})

    @abstractmethod
    def importance(self) -> tp.importance.Importance:
        """The library's importance, with this pruner's parameters."""

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,)."""
        scores: Tensor = self.importance()(LayerModel(layer).group())
        return scores


@dataclass(frozen=True)
class GradientPeer(Peer):
    """A peer that reads gradients from the parameters, as a backward pass leaves them there."""

    needs: ClassVar[frozenset[Need]] = frozenset({"gradients"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        """The sum over batches, as repeated backward passes leave it; of the size of the group's weights."""
        gradients = pack(layer.gradients)
        return gradients if seen is None else seen + gradients

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,)."""
        model = LayerModel(layer)
        model.set_gradients(layer.observed)
        return self.score_with_gradients(model)

    def score_with_gradients(self, model: LayerModel) -> Tensor:
        """Scores from the model whose parameters have the gradients."""
        scores: Tensor = self.importance()(model.group())
        return scores
