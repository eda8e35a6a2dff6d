"""Random scores, the control that every criterion must beat."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from prunebench.pruners.contract import Family, LayerView, Need, Pruner


@dataclass(frozen=True)
class RandomScores(Pruner):
    """Scores drawn uniformly from [0, 1), in float64: every set of filters is equally likely to be removed.

    The control of every comparison. The draw is a function of the seed and the layer's name, through
    `layer.generator`, and depends on no weight, so it belongs to a place in the layer and not to a filter.
    Cost: one number a filter.
    """

    name: ClassVar[str] = "random"
    reference: ClassVar[str] = ""
    needs: ClassVar[frozenset[Need]] = frozenset({"generator"})
    order_free: ClassVar[bool] = False

    @property
    def family(self) -> Family:
        """`"control"`."""
        return "control"

    def score(self, layer: LayerView) -> Tensor:
        """Shape (filters,), in [0, 1)."""
        generator = layer.generator
        drawn = torch.rand(
            layer.weight.shape[0], generator=generator, dtype=torch.float64, device=generator.device
        )
        return drawn.to(layer.weight.device)
