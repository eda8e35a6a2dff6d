"""A network as a plug-in of prunebench: three convolutions on PANNs' log-mels."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prunebench.harness.networks.contract import Network
from prunebench.harness.networks.frontend import PANNS


@dataclass(frozen=True)
class SmallCnn(Network):
    """Three 3×3 convolutions and a linear layer; `width` filters in the first."""

    width: int = 16

    name: ClassVar[str] = "small_cnn"
    frontend = PANNS
    head = ("classes",)

    def build(self, n_classes: int, *, seed: int) -> nn.Module:
        """A model in evaluation mode; only the seed decides its weights."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model, channels = nn.Sequential(nn.BatchNorm2d(1)), 1
            for filters in (self.width, 2 * self.width, 4 * self.width):
                layers = nn.Conv2d(channels, filters, 3, padding=1), nn.BatchNorm2d(filters), nn.ReLU()
                model, channels = model.extend([*layers, nn.AvgPool2d(2)]), filters
            model.extend([nn.AdaptiveAvgPool2d(1), nn.Flatten()])
            model.add_module("classes", nn.Linear(channels, n_classes))
        return model.eval()

    def logits(self, model: nn.Module, features: Tensor) -> Tensor:
        """(clips, frames, mels) to (clips, classes)."""
        return model(features[:, None])
