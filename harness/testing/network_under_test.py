"""What the checks look at: a network, a model of it in which every filter counts, and features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.networks.groups.filter_group import Group

CLASSES = 3
CLIPS = 3
LAYERS = (nn.Conv1d, nn.Conv2d, nn.Linear)


@dataclass(frozen=True)
class NetworkUnderTest:
    """A network under test; what takes long is made once."""

    network: Network

    @cached_property
    def model(self) -> nn.Module:
        """With weights, scales, shifts and statistics drawn at random: a new model has filters that pass on nothing."""
        model = self.network.build(CLASSES, seed=4)  # `load` builds of another seed
        fill(model, torch.Generator().manual_seed(1))
        return model

    @cached_property
    def features(self) -> Tensor:
        """Noise, as long as the network's example, (clips, frames, mels); each clip louder than the last."""
        shape = self.network.example(self.model).shape
        noise = torch.randn(CLIPS, *shape[1:], generator=torch.Generator().manual_seed(2))
        return noise * torch.arange(1, CLIPS + 1).reshape(-1, *(1,) * (noise.ndim - 1))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Of the model."""
        return self.network.groups(self.model)

    @cached_property
    def removed(self) -> Mapping[str, list[int]]:
        """Group → half of its filters, drawn at random."""
        draw = torch.Generator().manual_seed(3)
        return {
            group.name: torch.randperm(group.filters, generator=draw)[: group.filters // 2].tolist()
            for group in self.groups
        }

    @cached_property
    def small(self) -> nn.Module:
        """The model without `removed`."""
        return cut(self.model, self.groups, self.removed)

    @torch.no_grad()
    def logits(self, model: nn.Module, features: Tensor | None = None) -> Tensor:
        """Of a model, (clips, classes)."""
        return self.network.logits(model, self.features if features is None else features)


@torch.no_grad()
def fill(model: nn.Module, draw: torch.Generator) -> None:
    """Draw what is trained: He normal weights, batch norms near 1, the rest near 0, in place."""
    for module in model.modules():
        if isinstance(module, LAYERS) and module.weight.requires_grad:
            module.weight.normal_(0, (2 / module.weight[0].numel()) ** 0.5, generator=draw)
            if module.bias is not None:
                module.bias.normal_(0, 0.1, generator=draw)
        elif isinstance(module, nn.modules.batchnorm._BatchNorm):
            for tensor in (module.weight, module.running_var):
                if tensor is not None:
                    tensor.uniform_(0.5, 1.5, generator=draw)
            for tensor in (module.bias, module.running_mean):
                if tensor is not None:
                    tensor.normal_(0, 0.1, generator=draw)


def apart(found: Tensor, expected: Tensor) -> float:
    """The largest difference, as a share of the largest value."""
    return float((found - expected).abs().max() / expected.abs().max().clamp(min=1e-30))
