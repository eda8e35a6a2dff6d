"""Cnn14 at any widths.

Architecture and state-dict names of Kong et al., *PANNs: Large-Scale Pretrained Audio Neural Networks for
Audio Pattern Recognition*, TASLP 2020; widths free, so that a pruned model is the same class.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from prunebench.eval.cost.geometry import MELS, SHORTEST_FRAMES
from prunebench.eval.errors import InputError
from prunebench.eval.text.given import check_integer
from prunebench.harness.networks.frontend import (
    FRONT_ENDS,
    SILENCE,
    FrontEnd,
    logmel_extractor,
    spectrogram_extractor,
)
from prunebench.harness.networks.initial_weights import Undrawn, xavier_uniform
from prunebench.harness.networks.layers import LAYERS, PUBLISHED_WIDTHS, TAIL_BLOCK


class Output(NamedTuple):
    """What a forward pass gives: logits and probabilities (clips, classes), embedding (clips, embedding)."""

    logits: Tensor
    probabilities: Tensor
    embedding: Tensor


def at_least(x: Tensor, length: int, value: float = 0.0) -> Tensor:
    """(clips, n, …) padded along its second dimension with `value` to a length; as it is where it is longer.

    In a graph that is traced, the padding follows the length of each clip that the graph is given.
    """
    missing: Any = length - x.shape[1]
    if isinstance(missing, Tensor):  # while a graph is traced, for sizes to stay variable
        missing = missing.clamp(min=0)
    elif missing <= 0:
        return x
    return F.pad(x, (*(0, 0) * (x.ndim - 2), 0, missing), value=value)


def check_waveforms(x: Tensor) -> None:
    """What a tagger hears: floating-point waveforms (clips, samples).

    Raises:
        InputError: for another type or shape.
    """
    found: object = x
    if not isinstance(found, Tensor):
        raise InputError(
            f"A model needs a tensor of waveforms with the shape (clips, samples). Found {type(found).__name__}: "
            "give `torch.as_tensor(waveforms)`."
        )
    if x.ndim != 2 or not x.is_floating_point():
        raise InputError(
            "A model needs waveforms with the shape (clips, samples), of a floating-point type, in [-1, 1]. Found "
            f"{x.dtype} of shape {tuple(x.shape)}."
        )


def run_layers(layers: Iterable[nn.Module], x: Tensor) -> Tensor:
    """What the last of some modules gives, each run on what the one before it gave."""
    for layer in layers:
        x = layer(x)
    return x


class ConvBlock(nn.Module):
    """Two 3×3 convolutions, each with batch norm and ReLU."""

    def __init__(self, channels: int, width1: int, width2: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width1, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(width1, width2, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width1)
        self.bn2 = nn.BatchNorm2d(width2)

    def forward(self, x: Tensor) -> Tensor:
        """(clips, channels, frames, mels) to (clips, width2, frames, mels)."""
        x = F.relu_(self.bn1(self.conv1(x)))
        return F.relu_(self.bn2(self.conv2(x)))


class Cnn14(nn.Module):
    """The tagger of PANNs at any widths.

    Args:
        widths: filters of C1 … C12.
        n_classes: outputs.
        embedding: width of `fc1`.
        seed: of the initial weights (Xavier uniform, biases 0, as PANNs); the global generator is left alone.
        sample_rate: of the waveforms; 16000 and 8000 have the front ends of PANNs' Cnn14_16k and Cnn14_8k.
    """

    def __init__(
        self,
        widths: Sequence[int] = PUBLISHED_WIDTHS,
        n_classes: int = 527,
        embedding: int = 2048,
        *,
        seed: int = 0,
        sample_rate: int = 32000,
    ) -> None:
        super().__init__()
        if sample_rate not in FRONT_ENDS:
            raise ValueError(
                f"Parameter `sample_rate` must be one of {', '.join(map(str, FRONT_ENDS))}. "
                f"Found `sample_rate = {sample_rate!r}`."
            )
        self.sample_rate = sample_rate
        listed: list[Any] = list(widths) if isinstance(widths, Iterable) else [widths]
        if len(listed) != 12 or not all(isinstance(n, Integral) and int(n) >= 1 for n in listed):
            raise ValueError(
                f"Parameter `widths` must be 12 integers of at least 1. Found `widths = {listed}`."
            )
        check_integer("n_classes", n_classes, 1)
        check_integer("embedding", embedding, 1)
        check_integer("seed", seed)
        with Undrawn():
            self._build(widths, n_classes, embedding)
        xavier_uniform(self, torch.Generator().manual_seed(seed))

    def _build(self, widths: Sequence[int], n_classes: int, embedding: int) -> None:
        front = self.frontend
        self.spectrogram_extractor = spectrogram_extractor(front)
        self.logmel_extractor = logmel_extractor(front)
        self.bn0 = nn.BatchNorm2d(MELS)
        channels = 1
        for block in range(6):
            width1, width2 = widths[2 * block : 2 * block + 2]
            self.add_module(f"conv_block{block + 1}", ConvBlock(channels, width1, width2))
            channels = width2
        self.fc1 = nn.Linear(channels, embedding)
        self.fc_audioset = nn.Linear(embedding, n_classes)

    @property
    def frontend(self) -> FrontEnd:
        """What the model makes its features with: rate, window, hop, mels and their range."""
        return FRONT_ENDS[self.sample_rate]

    @property
    def widths(self) -> tuple[int, ...]:
        """Filters of C1 … C12, read off the tensors."""
        return tuple(self.convolution(layer).out_channels for layer in LAYERS)

    @property
    def n_classes(self) -> int:
        """Number of outputs."""
        return self.fc_audioset.out_features

    @property
    def embedding(self) -> int:
        """Width of the embedding."""
        return self.fc1.out_features

    def block(self, number: int) -> ConvBlock:
        """`conv_block1` … `conv_block6`."""
        found = self.get_submodule(f"conv_block{number}")
        assert isinstance(found, ConvBlock)
        return found

    def convolution(self, layer: str) -> nn.Conv2d:
        """The convolution of a layer `"C1"` … `"C12"`."""
        block, second = divmod(LAYERS.index(layer), 2)
        return self.block(block + 1).conv2 if second else self.block(block + 1).conv1

    def batch_norm(self, layer: str) -> nn.BatchNorm2d:
        """The batch norm that follows a layer's convolution."""
        block, second = divmod(LAYERS.index(layer), 2)
        return self.block(block + 1).bn2 if second else self.block(block + 1).bn1

    def forward(self, waveforms: Tensor) -> Output:
        """Waveforms (clips, samples) at `sample_rate` to logits, probabilities and embedding.

        What is shorter than `SHORTEST_FRAMES` frames, 0.31 s, is padded with zeros: pooling would leave nothing of it.
        """
        check_waveforms(waveforms)
        padded = at_least(waveforms, (SHORTEST_FRAMES - 1) * self.frontend.hop)
        return self.from_log_mel(self.log_mel(padded))

    def log_mel(self, waveforms: Tensor) -> Tensor:
        """Waveforms (clips, samples) to log-mel features (clips, frames, mels) in decibels; at least half a window."""
        features: Tensor = self.logmel_extractor(self.spectrogram_extractor(waveforms))
        return features[:, 0]

    def from_log_mel(self, features: Tensor) -> Output:
        """Log-mel features (clips, frames, mels) to the outputs: what `backbone` counts.

        Fewer frames than `SHORTEST_FRAMES` are padded with those of silence.
        """
        return self.head(self.trunk(self.stem(at_least(features, SHORTEST_FRAMES, SILENCE))))

    def from_normalised(self, x: Tensor) -> Output:
        """What `normalised` gave to the outputs."""
        return self.head(self.trunk(self.stem_blocks(x)))

    def stem(self, features: Tensor, blocks: int = TAIL_BLOCK - 1) -> Tensor:
        """The first blocks, C1–C6, on log-mel features (clips, frames, mels)."""
        return self.stem_blocks(self.normalised(features), blocks)

    def normalised(self, features: Tensor) -> Tensor:
        """Log-mel features (clips, frames, mels) after `bn0`, (clips, 1, frames, mels)."""
        found: Tensor = self.bn0(features[:, None].transpose(1, 3)).transpose(1, 3)
        return found

    def stem_blocks(self, x: Tensor, blocks: int = TAIL_BLOCK - 1) -> Tensor:
        """What `stem` does after `bn0`."""
        for number in range(1, blocks + 1):
            if number > 1:
                x = F.dropout(x, 0.2, self.training)
            x = self._pooled(number, x)
        return x

    def trunk(self, x: Tensor, blocks: int = TAIL_BLOCK - 1) -> Tensor:
        """The remaining blocks, C7–C12, on what `stem` gave."""
        x = F.dropout(x, 0.2, self.training)
        for number in range(blocks + 1, 7):
            x = F.dropout(self._pooled(number, x), 0.2, self.training)
        return x

    def head(self, x: Tensor) -> Output:
        """Pooling, `fc1` and the classifier."""
        x = x.mean(3)
        x = x.amax(2) + x.mean(2)
        hidden = F.relu_(self.fc1(F.dropout(x, 0.5, self.training)))
        logits = self.fc_audioset(hidden)
        return Output(logits, torch.sigmoid(logits), F.dropout(hidden, 0.5, self.training))

    def _pooled(self, number: int, x: Tensor) -> Tensor:
        x = self.block(number)(x)
        return F.avg_pool2d(x, 2) if number < 6 else x
