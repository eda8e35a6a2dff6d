"""ResNet22 and ResNet38: residual blocks between two blocks of Cnn14."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from prunebench.harness.networks.cnn14 import ConvBlock, run_layers
from prunebench.harness.networks.panns.panns_tagger import LogMelTagger


class BasicBlock(nn.Module):
    """Two 3×3 convolutions whose output is added to their input.

    The basic block of He et al., *Deep Residual Learning for Image Recognition*, CVPR 2016, with 2×2 average pooling
    for strides. The last batch norm starts at 0, so that a new block passes on its input, as PANNs.

    Args:
        channels, filters: read and written.
        halves: whether frames and mels are halved; then the input is projected by a 1×1 convolution.
    """

    def __init__(self, channels: int, filters: int, *, halves: bool) -> None:
        super().__init__()
        self.halves = halves
        self.conv1 = nn.Conv2d(channels, filters, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        nn.init.zeros_(self.bn2.weight)
        if halves:
            projection = nn.Conv2d(channels, filters, 1, bias=False)
            self.downsample = nn.Sequential(nn.AvgPool2d(2), projection, nn.BatchNorm2d(filters))

    def forward(self, x: Tensor) -> Tensor:
        """(clips, channels, frames, mels) to (clips, filters, frames, mels), both halved where the block halves."""
        inner = F.avg_pool2d(x, 2) if self.halves else x
        inner = F.dropout(F.relu_(self.bn1(self.conv1(inner))), 0.1, self.training)
        passed: Tensor = self.downsample(x) if self.halves else x
        return F.relu_(self.bn2(self.conv2(inner)) + passed)


class ResidualLayers(nn.Module):
    """`layer1` … `layer4`, each of so many blocks; the first block of each but `layer1` halves frames and mels."""

    def __init__(self, filters: tuple[int, ...], blocks: tuple[int, ...]) -> None:
        super().__init__()
        channels = filters[0]
        for number, (width, count) in enumerate(zip(filters, blocks, strict=True), 1):
            layer = nn.Sequential()
            for index in range(count):
                layer.append(BasicBlock(channels, width, halves=index == 0 and number > 1))
                channels = width
            self.add_module(f"layer{number}", layer)

    def first_half(self, x: Tensor) -> Tensor:
        """(clips, filters of `layer1`, frames, mels) to (clips, filters of `layer2`, frames / 2, mels / 2)."""
        return run_layers((self.get_submodule("layer1"), self.get_submodule("layer2")), x)

    def second_half(self, x: Tensor) -> Tensor:
        """What `first_half` gave to (clips, filters of `layer4`, frames / 8, mels / 8)."""
        return run_layers((self.get_submodule("layer3"), self.get_submodule("layer4")), x)


class ResNet22(LogMelTagger):
    """Eight residual blocks between two blocks of plain convolutions, 64 M parameters.

    Kong et al., *PANNs*, TASLP 2020, Section II-B and Table II; the first two convolutions have 64 filters, as in
    PANNs' code, where the table prints 512. Arguments as `PannsTagger`.
    """

    poolings: ClassVar[int] = 5
    published_embedding: ClassVar[int] = 2048
    blocks: ClassVar[tuple[int, ...]] = (2, 2, 2, 2)
    stem: ClassVar[tuple[str, ...]] = ("bn0", "conv_block1", "resnet.layer1", "resnet.layer2")
    tail: ClassVar[str] = "resnet.layer3"

    def _build(self, scaled: Callable[[int], int]) -> int:
        filters = tuple(map(scaled, (64, 128, 256, 512)))
        last = scaled(2048)
        self.conv_block1 = ConvBlock(1, filters[0], filters[0])
        self.resnet = ResidualLayers(filters, self.blocks)
        self.conv_block_after1 = ConvBlock(filters[-1], last, last)
        return last

    def stem_maps(self, x: Tensor) -> Tensor:
        """(clips, 1, frames, mels) to (clips, filters of `layer2`, frames / 4, 16)."""
        return self.resnet.first_half(self.after_block("conv_block1", x))

    def tail_maps(self, x: Tensor) -> Tensor:
        """What `stem_maps` gave to (clips, filters of `conv_block_after1`, frames / 32, 2)."""
        x = self.dropped(F.avg_pool2d(self.resnet.second_half(x), 2))
        return self.after_block("conv_block_after1", x, pool=False)


class ResNet38(ResNet22):
    """Sixteen residual blocks, 74 M parameters.

    Kong et al., *PANNs*, TASLP 2020, Section II-B and Table II. Arguments as `PannsTagger`.
    """

    blocks: ClassVar[tuple[int, ...]] = (3, 4, 6, 3)
