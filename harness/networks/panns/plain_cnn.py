"""Cnn6 and Cnn10: four blocks of convolutions, of one and of two each."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from prunebench.harness.networks.cnn14 import ConvBlock
from prunebench.harness.networks.panns.panns_tagger import LogMelTagger

FILTERS = (64, 128, 256, 512)


class ConvBlock5x5(nn.Module):
    """A 5×5 convolution with batch norm and ReLU."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 5, padding=2, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)

    def forward(self, x: Tensor) -> Tensor:
        """(clips, channels, frames, mels) to (clips, filters, frames, mels)."""
        return F.relu_(self.bn1(self.conv1(x)))


class Cnn6(LogMelTagger):
    """Four 5×5 convolutions, 4.8 M parameters.

    Kong et al., *PANNs*, TASLP 2020, Section II-A and Table I. Arguments as `PannsTagger`.
    """

    poolings: ClassVar[int] = 4
    published_embedding: ClassVar[int] = 512
    stem: ClassVar[tuple[str, ...]] = ("bn0", "conv_block1", "conv_block2")
    tail: ClassVar[str] = "conv_block3"

    def _build(self, scaled: Callable[[int], int]) -> int:
        channels = 1
        for number, filters in enumerate(map(scaled, FILTERS), 1):
            self.add_module(f"conv_block{number}", self._block(channels, filters))
            channels = filters
        return channels

    def _block(self, channels: int, filters: int) -> nn.Module:
        return ConvBlock5x5(channels, filters)

    def stem_maps(self, x: Tensor) -> Tensor:
        """(clips, 1, frames, mels) to (clips, filters of `conv_block2`, frames / 4, 16)."""
        return self.pooled("conv_block2", self.after_block("conv_block1", x))

    def tail_maps(self, x: Tensor) -> Tensor:
        """What `stem_maps` gave to (clips, filters of `conv_block4`, frames / 16, 4)."""
        return self.after_block("conv_block4", self.after_block("conv_block3", self.dropped(x)))


class Cnn10(Cnn6):
    """Cnn6 with two 3×3 convolutions for each of 5×5, 5.2 M parameters.

    Kong et al., *PANNs*, TASLP 2020, Section II-A and Table I. Arguments as `PannsTagger`.
    """

    def _block(self, channels: int, filters: int) -> nn.Module:
        return ConvBlock(channels, filters, filters)
