"""What the networks of PANNs share: the front end, the blocks' pooling, the classifier, their initial weights."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from prunebench.eval.cost.geometry import MELS
from prunebench.eval.errors import InputError
from prunebench.harness.networks.cnn14 import Output, at_least, check_waveforms
from prunebench.harness.networks.frontend import (
    PANNS,
    SILENCE,
    FrontEnd,
    logmel_extractor,
    spectrogram_extractor,
)
from prunebench.harness.networks.initial_weights import Undrawn, xavier_uniform


class PannsTagger(nn.Module, ABC):
    """A tagger of PANNs over 64 mels of 32 kHz audio, with the state-dict names of the published one.

    No forward pass names a number of channels, so filters can be removed from a built network in place.

    Class attributes:
        poolings: how often the network halves the number of frames.
        published_embedding: width of `fc1` in the published network.
        dropout: before `fc1`, while training.
        stem: the modules that `stem_maps` runs.
        tail: the first of those that `tail_maps` runs.

    Args:
        n_classes: outputs, at least 1.
        width: of every layer relative to the published one, above 0; each has at least 1 channel.
        seed: of the initial weights (Xavier uniform, biases 0, as PANNs); the global generator is left alone.

    Raises:
        InputError: for a `width` or `n_classes` out of range.
    """

    poolings: ClassVar[int]
    published_embedding: ClassVar[int]
    dropout: ClassVar[float] = 0.5
    stem: ClassVar[tuple[str, ...]]
    tail: ClassVar[str]

    def __init__(self, *, n_classes: int = 527, width: float = 1.0, seed: int = 0) -> None:
        super().__init__()
        if not 0 < width < math.inf:
            raise InputError(f"Parameter `width` must be a number above 0. Found `width = {width}`.")
        if n_classes < 1:
            raise InputError(f"Parameter `n_classes` must be at least 1. Found `n_classes = {n_classes}`.")

        def scaled(channels: int) -> int:
            return max(1, round(channels * width))

        self.width = width
        with Undrawn():
            self.spectrogram_extractor = spectrogram_extractor(self.frontend)
            self.logmel_extractor = logmel_extractor(self.frontend)
            self.bn0 = nn.BatchNorm2d(MELS)
            channels = self._build(scaled)
            self.fc1 = nn.Linear(channels, scaled(self.published_embedding))
            self.fc_audioset = nn.Linear(self.fc1.out_features, n_classes)
        xavier_uniform(self, torch.Generator().manual_seed(seed))

    @abstractmethod
    def _build(self, scaled: Callable[[int], int]) -> int:
        """Make the layers below `fc1`, with `scaled` numbers of channels; how many channels `fc1` reads."""

    @property
    def frontend(self) -> FrontEnd:
        """What the network makes its features with: rate, window, hop, mels and their range."""
        return PANNS

    @property
    def sample_rate(self) -> int:
        """Of the waveforms, Hz."""
        return self.frontend.sample_rate

    @property
    def shortest_frames(self) -> int:
        """Frames that a shorter clip is padded to: as many as pooling leaves one of."""
        return int(2**self.poolings)

    @property
    def n_classes(self) -> int:
        """Number of outputs."""
        return self.fc_audioset.out_features

    @property
    def embedding(self) -> int:
        """Width of the embedding."""
        return self.fc1.out_features

    def log_mel(self, waveforms: Tensor) -> Tensor:
        """Waveforms (clips, samples) to log-mel features (clips, frames, mels) in decibels; at least half a window."""
        features: Tensor = self.logmel_extractor(self.spectrogram_extractor(waveforms))
        return features[:, 0]

    def padded(self, waveforms: Tensor) -> Tensor:
        """Waveforms (clips, samples), with zeros at the end of those that have less than `shortest_frames` frames."""
        return at_least(waveforms, (self.shortest_frames - 1) * self.frontend.hop)

    def normalised(self, features: Tensor) -> Tensor:
        """Log-mel features (clips, frames, mels) after `bn0`, (clips, 1, frames, mels)."""
        found: Tensor = self.bn0(features[:, None].transpose(1, 3)).transpose(1, 3)
        return found

    def after_block(self, name: str, x: Tensor, *, pool: bool = True) -> Tensor:
        """A block by its name, 2×2 average pooling unless told otherwise, dropout of 0.2."""
        return self.dropped(self.pooled(name, x) if pool else self.get_submodule(name)(x))

    def pooled(self, name: str, x: Tensor) -> Tensor:
        """A block by its name and 2×2 average pooling."""
        return F.avg_pool2d(self.get_submodule(name)(x), 2)

    def dropped(self, x: Tensor) -> Tensor:
        """Dropout of 0.2; a tail begins with that of the block before it, since what its stem gives is kept."""
        return F.dropout(x, 0.2, self.training)

    @abstractmethod
    def tail_maps(self, x: Tensor) -> Tensor:
        """What the modules of `stem` gave to feature maps (clips, channels, frames', mels'): the deeper half."""

    def head(self, maps: Tensor) -> Output:
        """Feature maps (clips, channels, frames, mels) to the outputs: pooling, `fc1`, the classifier."""
        x = maps.mean(3)
        x = x.amax(2) + x.mean(2)
        hidden = F.relu_(self.fc1(F.dropout(x, self.dropout, self.training)))
        logits = self.fc_audioset(hidden)
        return Output(logits, torch.sigmoid(logits), F.dropout(hidden, 0.5, self.training))


class LogMelTagger(PannsTagger):
    """A tagger that hears log-mel features alone."""

    @abstractmethod
    def stem_maps(self, x: Tensor) -> Tensor:
        """Normalised features (clips, 1, frames, mels) to what `tail_maps` reads."""

    def maps(self, x: Tensor) -> Tensor:
        """Normalised features (clips, 1, frames, mels) to feature maps (clips, channels, frames', mels')."""
        return self.tail_maps(self.stem_maps(x))

    def to_normalised(self, features: Tensor) -> Tensor:
        """`normalised`, of features (clips, frames, mels) that are made long enough with frames of silence."""
        return self.normalised(at_least(features, self.shortest_frames, SILENCE))

    def forward(self, waveforms: Tensor) -> Output:
        """Waveforms (clips, samples) at `sample_rate` to logits, probabilities and embedding.

        What has fewer than `shortest_frames` frames is padded with zeros: pooling would leave nothing of it.
        """
        check_waveforms(waveforms)
        return self.from_log_mel(self.log_mel(self.padded(waveforms)))

    def from_log_mel(self, features: Tensor) -> Output:
        """Log-mel features (clips, frames, mels) to the outputs.

        Fewer frames than `shortest_frames` are padded with those of silence.
        """
        return self.from_normalised(self.to_normalised(features))

    def from_normalised(self, x: Tensor) -> Output:
        """What `normalised` gave to the outputs."""
        return self.head(self.maps(x))
