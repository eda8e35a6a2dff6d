"""EfficientAT's `mn`: MobileNetV3-Large at any width, over log-mels of 10 s or any other length.

Architecture and state-dict names of Schmid, Koutini & Widmer, *Efficient Large-scale Audio Tagging via
Transformer-to-CNN Knowledge Distillation*, ICASSP 2023 (arXiv:2211.04772), whose `mn04` is width 0.4 and `mn10`
width 1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from prunebench.harness.networks.cnn14 import Output, at_least, check_waveforms, run_layers
from prunebench.harness.networks.efficientat.channel_counts import nearest_multiple
from prunebench.harness.networks.efficientat.conv_norm import conv_norm
from prunebench.harness.networks.efficientat.inverted_residual import BlockShape, InvertedResidual
from prunebench.harness.networks.efficientat.kaldi_mels import EFFICIENTAT, KaldiMels
from prunebench.harness.networks.initial_weights import Undrawn

FIRST, HIDDEN = 16, 1280  # filters of the first convolution, outputs of the classifier's first layer
WIDENED = 6  # the last convolution has that many times the channels it reads
DROPOUT = 0.2
STEM = 7  # modules of `features` before the tail, which begins with the blocks of 80 filters
BLOCKS = (  # Table 1 of Howard et al., *Searching for MobileNetV3*, ICCV 2019
    BlockShape(3, 16, 16, False, nn.ReLU, 1),
    BlockShape(3, 64, 24, False, nn.ReLU, 2),
    BlockShape(3, 72, 24, False, nn.ReLU, 1),
    BlockShape(5, 72, 40, True, nn.ReLU, 2),
    BlockShape(5, 120, 40, True, nn.ReLU, 1),
    BlockShape(5, 120, 40, True, nn.ReLU, 1),
    BlockShape(3, 240, 80, False, nn.Hardswish, 2),
    BlockShape(3, 200, 80, False, nn.Hardswish, 1),
    BlockShape(3, 184, 80, False, nn.Hardswish, 1),
    BlockShape(3, 184, 80, False, nn.Hardswish, 1),
    BlockShape(3, 480, 112, True, nn.Hardswish, 1),
    BlockShape(3, 672, 112, True, nn.Hardswish, 1),
    BlockShape(5, 672, 160, True, nn.Hardswish, 2),
    BlockShape(5, 960, 160, True, nn.Hardswish, 1),
    BlockShape(5, 960, 160, True, nn.Hardswish, 1),
)


class MobileNetV3(nn.Module):
    """The tagger `mn` of EfficientAT.

    Filters can be removed from its layers in place: no number of channels is used after the layers are made.

    Args:
        n_classes: outputs.
        width: the channels of every layer, relative to MobileNetV3-Large; each is rounded to a multiple of 8.
        seed: of the initial weights (convolutions He normal over what they write, linear layers normal of 0.01,
            biases 0, as published); the global generator is left alone.

    Raises:
        ValueError: for no class, or a width that is no positive number.
    """

    def __init__(self, n_classes: int = 527, *, width: float = 1.0, seed: int = 0) -> None:
        super().__init__()
        if n_classes < 1:
            raise ValueError(f"Parameter `n_classes` must be at least 1. Found `n_classes = {n_classes}`.")
        if not (math.isfinite(width) and width > 0):
            raise ValueError(f"Parameter `width` must be a number above 0. Found `width = {width}`.")
        self.width = width
        with Undrawn():
            self.features = _features(width)
            self.classifier = _classifier(width, n_classes)
        self._initialise(torch.Generator().manual_seed(seed))

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", generator=generator)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0, 0.01, generator=generator)
                nn.init.zeros_(module.bias)

    @property
    def frontend(self) -> KaldiMels:
        """What the model makes its features with: rate, window, hop, mels and their range."""
        return EFFICIENTAT

    @property
    def n_classes(self) -> int:
        """Number of outputs."""
        return self._linear(-1).out_features

    @property
    def embedding(self) -> int:
        """Width of the embedding, the channels of the last convolution."""
        return self._linear(2).in_features

    def _linear(self, index: int) -> nn.Linear:
        found = self.classifier[index]
        assert isinstance(found, nn.Linear)
        return found

    def forward(self, waveforms: Tensor) -> Output:
        """Waveforms (clips, samples) at the front end's rate to logits, probabilities and embedding.

        What is shorter than the front end's `shortest`, 16 ms, is padded with zeros.
        """
        check_waveforms(waveforms)
        return self.from_log_mel(self.log_mel(at_least(waveforms, self.frontend.shortest)))

    def log_mel(self, waveforms: Tensor) -> Tensor:
        """Waveforms (clips, samples) to features (clips, frames, mels)."""
        return self.frontend.log_mel(waveforms)

    def from_log_mel(self, features: Tensor) -> Output:
        """Features (clips, frames, mels) to the outputs; any number of frames."""
        return self.from_stem(self.stem(features))

    def stem(self, features: Tensor) -> Tensor:
        """Features (clips, frames, mels) to what the first modules give, (clips, filters, mels / 8, frames / 8)."""
        return run_layers(list(self.features)[:STEM], features.transpose(1, 2)[:, None])

    def from_stem(self, x: Tensor) -> Output:
        """What `stem` gave to the outputs."""
        maps = run_layers(list(self.features)[STEM:], x)
        pool, flatten, *layers = self.classifier
        embedding = logits = flatten(pool(maps))
        for layer in layers:
            logits = layer(logits)
        return Output(logits, torch.sigmoid(logits), embedding)


def _features(width: float) -> nn.Sequential:
    """(clips, 1, mels, frames) to (clips, embedding, …), the map halved five times."""
    channels = nearest_multiple(FIRST * width)
    layers: list[nn.Module] = [conv_norm(1, channels, 3, nn.Hardswish, stride=2)]
    for published in BLOCKS:
        shape = published.scaled(width)
        layers.append(InvertedResidual(channels, shape))
        channels = shape.filters
    return nn.Sequential(*layers, conv_norm(channels, WIDENED * channels, 1, nn.Hardswish))


def _classifier(width: float, n_classes: int) -> nn.Sequential:
    """(clips, embedding, …) to (clips, n_classes)."""
    embedding, hidden = WIDENED * BLOCKS[-1].scaled(width).filters, nearest_multiple(HIDDEN * width)
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(embedding, hidden),
        nn.Hardswish(inplace=True),
        nn.Dropout(DROPOUT, inplace=True),
        nn.Linear(hidden, n_classes),
    )
