"""Cnn14_DecisionLevelMax: Cnn14 that tags each part of a clip; the clip has the highest score of its parts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from prunebench.harness.networks.cnn14 import ConvBlock
from prunebench.harness.networks.panns.panns_tagger import LogMelTagger


class FramewiseOutput(NamedTuple):
    """What a framewise tagger gives: the three of `Output`, and the logits of each part of a clip.

    Fields:
        logits, probabilities: (clips, classes), the maximum over the parts.
        embedding: (clips, embedding), the mean over the parts.
        framewise: logits (clips, parts, classes); a part for every 32 frames of the log-mel features.
    """

    logits: Tensor
    probabilities: Tensor
    embedding: Tensor
    framewise: Tensor


class Cnn14DecisionLevelMax(LogMelTagger):
    """Cnn14 with the classifier before the maximum over time, 81 M parameters.

    The network for sound event detection in the code of Kong et al., *PANNs*, TASLP 2020: `Cnn14_DecisionLevelMax`.
    Arguments as `PannsTagger`. PANNs publishes no embedding of a clip; here it is the mean of those of its parts.
    """

    poolings: ClassVar[int] = 5
    published_embedding: ClassVar[int] = 2048
    stem: ClassVar[tuple[str, ...]] = ("bn0", "conv_block1", "conv_block2", "conv_block3")
    tail: ClassVar[str] = "conv_block4"

    def _build(self, scaled: Callable[[int], int]) -> int:
        widths = (1, *map(scaled, (64, 128, 256, 512, 1024, 2048)))
        for number, (channels, filters) in enumerate(pairwise(widths), 1):
            self.add_module(f"conv_block{number}", ConvBlock(channels, filters, filters))
        return widths[-1]

    def stem_maps(self, x: Tensor) -> Tensor:
        """(clips, 1, frames, mels) to (clips, filters of `conv_block3`, frames / 8, 8)."""
        return self.pooled("conv_block3", self.after_block("conv_block2", self.after_block("conv_block1", x)))

    def tail_maps(self, x: Tensor) -> Tensor:
        """What `stem_maps` gave to (clips, filters of `conv_block6`, frames / 32, 2)."""
        x = self.after_block("conv_block5", self.after_block("conv_block4", self.dropped(x)))
        return self.after_block("conv_block6", x, pool=False)

    def head(self, maps: Tensor) -> FramewiseOutput:  # type: ignore[override]  # the three of `Output` and one more
        """Feature maps (clips, channels, parts, mels) to the outputs, each part pooled with its neighbours."""
        x = maps.mean(3)
        x = F.max_pool1d(x, 3, 1, 1) + F.avg_pool1d(x, 3, 1, 1)
        hidden = F.relu_(self.fc1(F.dropout(x, self.dropout, self.training).transpose(1, 2)))
        hidden = F.dropout(hidden, 0.5, self.training)
        framewise = self.fc_audioset(hidden)
        logits = framewise.amax(1)
        return FramewiseOutput(logits, torch.sigmoid(logits), hidden.mean(1), framewise)
