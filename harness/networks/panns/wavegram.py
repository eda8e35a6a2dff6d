"""Wavegram_Logmel_Cnn14: Cnn14 that hears the waveform through learned filters, beside log-mel features."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from prunebench.eval.cost.geometry import MELS
from prunebench.harness.networks.cnn14 import ConvBlock, Output, at_least, check_waveforms
from prunebench.harness.networks.panns.panns_tagger import PannsTagger

BINS = MELS // 2  # of the Wavegram: as high as the maps that it is laid beside


class WaveformBlock(nn.Module):
    """Two convolutions of 3 samples, the second over every other one; each with batch norm and ReLU."""

    def __init__(self, channels: int, width1: int, width2: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(channels, width1, 3, padding=1, bias=False)
        self.conv2 = nn.Conv1d(width1, width2, 3, padding=2, dilation=2, bias=False)
        self.bn1 = nn.BatchNorm1d(width1)
        self.bn2 = nn.BatchNorm1d(width2)

    def forward(self, x: Tensor) -> Tensor:
        """(clips, channels, samples) to (clips, width2, samples / 4), by max pooling."""
        x = F.relu_(self.bn1(self.conv1(x)))
        return F.max_pool1d(F.relu_(self.bn2(self.conv2(x))), 4)


class WavegramLogmelCnn14(PannsTagger):
    """Cnn14 on a Wavegram and log-mel features, 81 M parameters.

    Kong et al., *PANNs*, TASLP 2020, Section III-B and Figure 1. Arguments as `PannsTagger`.

    Filters of `pre_block3.conv2` cannot be removed one by one: each is one of 32 frequency bins of a Wavegram's map.
    """

    poolings: ClassVar[int] = 5
    published_embedding: ClassVar[int] = 2048
    stem: ClassVar[tuple[str, ...]] = (
        "spectrogram_extractor",
        "logmel_extractor",
        "bn0",
        *("pre_conv0", "pre_bn0", "pre_block1", "pre_block2", "pre_block3", "pre_block4"),
        *("conv_block1", "conv_block2", "conv_block3"),
    )
    tail: ClassVar[str] = "conv_block4"

    def _build(self, scaled: Callable[[int], int]) -> int:
        first, second, maps = scaled(64), scaled(128), scaled(4)
        self.pre_conv0 = nn.Conv1d(1, first, 11, stride=5, padding=5, bias=False)
        self.pre_bn0 = nn.BatchNorm1d(first)
        self.pre_block1 = WaveformBlock(first, first, first)
        self.pre_block2 = WaveformBlock(first, second, second)
        self.pre_block3 = WaveformBlock(second, second, maps * BINS)
        self.pre_block4 = ConvBlock(maps, first, first)
        self.conv_block1 = ConvBlock(1, first, first)
        widths = (2 * first, *map(scaled, (128, 256, 512, 1024, 2048)))
        for number, (channels, filters) in enumerate(pairwise(widths), 2):
            self.add_module(f"conv_block{number}", ConvBlock(channels, filters, filters))
        return widths[-1]

    def forward(self, waveforms: Tensor) -> Output:
        """Waveforms (clips, samples) at `sample_rate` to logits, probabilities and embedding."""
        check_waveforms(waveforms)
        return self.from_waveform(waveforms)

    def from_waveform(self, waveforms: Tensor) -> Output:
        """Waveforms (clips, samples) to the outputs: the network reads no other features.

        What has fewer than `shortest_frames` frames is padded with zeros: pooling would leave nothing of it.
        """
        return self.head(self.tail_maps(self.stem_maps(waveforms)))

    def stem_maps(self, waveforms: Tensor) -> Tensor:
        """Waveforms (clips, samples) to (clips, filters of `conv_block3`, frames / 8, 8)."""
        waveforms = self.padded(waveforms)
        of_features = self.conv_block1(self.normalised(self.log_mel(waveforms)))
        x = torch.cat((F.avg_pool2d(of_features, 2), self.wavegram(waveforms)), dim=1)
        return self.pooled("conv_block3", self.after_block("conv_block2", self.dropped(x)))

    def tail_maps(self, x: Tensor) -> Tensor:
        """What `stem_maps` gave to (clips, filters of `conv_block6`, frames / 32, 2)."""
        x = self.after_block("conv_block5", self.after_block("conv_block4", self.dropped(x)))
        return self.after_block("conv_block6", x, pool=False)

    def wavegram(self, waveforms: Tensor) -> Tensor:
        """Waveforms (clips, samples) to maps (clips, filters, frames / 2, 32), with half as many frames as log-mels.

        PANNs takes an even number of hops; the end of an odd one is padded with zeros here.
        """
        hop = self.frontend.hop
        whole = at_least(waveforms, 2 * hop * ((waveforms.shape[1] // hop + 1) // 2))
        x = F.relu_(self.pre_bn0(self.pre_conv0(whole[:, None])))
        x = self.pre_block3(self.pre_block2(self.pre_block1(x)))
        x = x.unflatten(1, (-1, BINS)).transpose(2, 3)
        return F.avg_pool2d(self.pre_block4(x), (2, 1))
