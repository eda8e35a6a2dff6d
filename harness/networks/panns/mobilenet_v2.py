"""MobileNetV2: inverted residuals with linear bottlenecks."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor, nn

from prunebench.harness.networks.cnn14 import run_layers
from prunebench.harness.networks.panns.mobilenet_v1 import depthwise, first_layer, pointwise
from prunebench.harness.networks.panns.panns_tagger import LogMelTagger

# Expansion, filters, blocks, and what the first block divides frames and mels by.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 2),
    (6, 160, 3, 1),
    (6, 320, 1, 1),
)
STEM = 7  # layers before the tail, which begins with a stage and has 52 % of the MACs; Cnn14's has 53 %


class Bottleneck(nn.Module):
    """1×1 expansion, depthwise convolution, linear 1×1 projection.

    Args:
        channels, filters: read and written.
        expansion: how many times as many channels are inside; 1 leaves the expansion out.
        pool: what frames and mels are divided by.
        adds_input: whether the input is added to the output, which is as large.
    """

    def __init__(self, channels: int, filters: int, expansion: int, pool: int, *, adds_input: bool) -> None:
        super().__init__()
        self.adds_input = adds_input
        inside = channels * expansion
        layers = (*depthwise(inside, pool, nn.ReLU6), *pointwise(inside, filters))
        if expansion > 1:
            layers = (*pointwise(channels, inside), nn.ReLU6(inplace=True), *layers)
        self.conv = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """(clips, channels, frames, mels) to (clips, filters, frames / pool, mels / pool)."""
        written: Tensor = self.conv(x)
        return x + written if self.adds_input else written


class MobileNetV2(LogMelTagger):
    """Seventeen inverted residuals, 4.1 M parameters.

    Kong et al., *PANNs*, TASLP 2020, Section II-C and Table III, after Sandler et al., *MobileNetV2*, CVPR 2018.
    Average pooling stands for strides, as in PANNs' code in the first block of a stage; the table has it between
    stages. Arguments as `PannsTagger`.
    """

    poolings: ClassVar[int] = 5
    published_embedding: ClassVar[int] = 1024
    stem: ClassVar[tuple[str, ...]] = ("bn0", *(f"features.{number}" for number in range(STEM)))
    tail: ClassVar[str] = f"features.{STEM}"
    dropout: ClassVar[float] = 0.0

    def _build(self, scaled: Callable[[int], int]) -> int:
        channels = scaled(32)
        self.features = nn.Sequential(first_layer(channels, nn.ReLU6))
        for expansion, published, blocks, pool in STAGES:
            for index in range(blocks):
                first = index == 0
                # By place, not by equal widths: rounding makes neighbours equal in narrow networks.
                block = Bottleneck(
                    channels, scaled(published), expansion, pool if first else 1, adds_input=not first
                )
                self.features.append(block)
                channels = scaled(published)
        last = scaled(1280)
        self.features.append(nn.Sequential(*pointwise(channels, last), nn.ReLU6(inplace=True)))
        return last

    def stem_maps(self, x: Tensor) -> Tensor:
        """(clips, 1, frames, mels) to what the first layers give, (clips, filters, frames / 8, 8)."""
        return run_layers(list(self.features)[:STEM], x)

    def tail_maps(self, x: Tensor) -> Tensor:
        """What `stem_maps` gave to (clips, filters of the last layer, frames / 32, 2)."""
        return run_layers(list(self.features)[STEM:], x)
