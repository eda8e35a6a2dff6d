"""MobileNetV1: depthwise convolutions, each followed by a 1×1 convolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor, nn

from prunebench.harness.networks.cnn14 import run_layers
from prunebench.harness.networks.panns.panns_tagger import LogMelTagger

# Filters of the 1×1 convolution, and what the depthwise convolution before it divides frames and mels by.
PAIRS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *((512, 1),) * 5,
    (1024, 2),
    (1024, 1),
)
STEM = 7  # layers before the tail, which has 58 % of the MACs and 94 % of the parameters; Cnn14's has 53 % and 99 %


def depthwise(channels: int, pool: int, activation: type[nn.Module]) -> tuple[nn.Module, ...]:
    """A 3×3 convolution of each channel by itself, average pooling, batch norm, activation.

    A pooling of 1 changes nothing, and is kept because the numbers of the layers in a state dict count it.
    """
    convolution = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
    return convolution, nn.AvgPool2d(pool), nn.BatchNorm2d(channels), activation(inplace=True)


def pointwise(channels: int, filters: int) -> tuple[nn.Module, ...]:
    """A 1×1 convolution and batch norm."""
    return nn.Conv2d(channels, filters, 1, bias=False), nn.BatchNorm2d(filters)


def first_layer(filters: int, activation: type[nn.Module]) -> nn.Sequential:
    """A 3×3 convolution of the features, 2×2 average pooling, batch norm, activation."""
    convolution = nn.Conv2d(1, filters, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.AvgPool2d(2), nn.BatchNorm2d(filters), activation(inplace=True))


class MobileNetV1(LogMelTagger):
    """Thirteen pairs of a depthwise and a 1×1 convolution, 4.8 M parameters.

    Kong et al., *PANNs*, TASLP 2020, Section II-C and Table III, after Howard et al., *MobileNets*, 2017. Average
    pooling stands for strides, as in PANNs' code inside of a pair; the table has it between pairs. Arguments as
    `PannsTagger`.
    """

    poolings: ClassVar[int] = 5
    published_embedding: ClassVar[int] = 1024
    stem: ClassVar[tuple[str, ...]] = ("bn0", *(f"features.{number}" for number in range(STEM)))
    tail: ClassVar[str] = f"features.{STEM}"

    def _build(self, scaled: Callable[[int], int]) -> int:
        channels = scaled(32)
        self.features = nn.Sequential(first_layer(channels, nn.ReLU))
        for published, pool in PAIRS:
            filters = scaled(published)
            pair = (*depthwise(channels, pool, nn.ReLU), *pointwise(channels, filters), nn.ReLU(inplace=True))
            self.features.append(nn.Sequential(*pair))
            channels = filters
        return channels

    def stem_maps(self, x: Tensor) -> Tensor:
        """(clips, 1, frames, mels) to what the first layers give, (clips, filters, frames / 16, 4)."""
        return run_layers(list(self.features)[:STEM], x)

    def tail_maps(self, x: Tensor) -> Tensor:
        """What `stem_maps` gave to (clips, filters of the last layer, frames / 32, 2)."""
        return run_layers(list(self.features)[STEM:], x)
