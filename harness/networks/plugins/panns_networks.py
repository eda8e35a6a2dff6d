"""The networks of PANNs beside Cnn14, by name; their groups are found by tracing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.waveforms import Waveforms
from prunebench.harness.networks.contract.width import check_width
from prunebench.harness.networks.frontend import PANNS, FrontEnd
from prunebench.harness.networks.initial_weights import Undrawn
from prunebench.harness.networks.panns.decision_level import Cnn14DecisionLevelMax
from prunebench.harness.networks.panns.mobilenet_v1 import MobileNetV1
from prunebench.harness.networks.panns.mobilenet_v2 import MobileNetV2
from prunebench.harness.networks.panns.panns_tagger import LogMelTagger, PannsTagger
from prunebench.harness.networks.panns.plain_cnn import Cnn6, Cnn10
from prunebench.harness.networks.panns.resnet import ResNet22, ResNet38
from prunebench.harness.networks.panns.wavegram import WavegramLogmelCnn14
from prunebench.harness.networks.plugins.published_tensors import published_tensors


@dataclass(frozen=True)
class PannsNetwork(Network):
    """What the networks of PANNs share. The tail is the deeper half: 51 to 66 % of the MACs, where Cnn14's has 53 %.

    Class attributes:
        architecture: the class of the models.

    Args:
        width: times the published filters and embedding.
    """

    width: float = 1.0

    reference: ClassVar[str] = "kong2020panns"
    architecture: ClassVar[type[PannsTagger]]
    whole: ClassVar[tuple[str, ...]] = ("fc1",)  # the embedding, as in Cnn14

    def __post_init__(self) -> None:
        check_width(self.width)

    @property
    def frontend(self) -> FrontEnd | Waveforms:
        """PANNs' 64 log-mels at 32 kHz."""
        return PANNS

    @property
    def head(self) -> tuple[str, ...]:
        """The classifier; another one is trained on the same embedding."""
        return ("fc_audioset",)

    def build(self, n_classes: int, *, seed: int) -> PannsTagger:
        """A new model in evaluation mode."""
        return self.architecture(n_classes=n_classes, width=self.width, seed=seed).eval()

    def stem_outputs(self, model: nn.Module, features: Tensor) -> Tensor:
        """Log-mel features (clips, frames, mels) to what the tail reads."""
        assert isinstance(model, LogMelTagger)
        return model.stem_maps(model.to_normalised(features))

    def from_stem(self, model: nn.Module, outputs: Tensor) -> Tensor:
        """The deeper half of the layers, and the classifier."""
        assert isinstance(model, PannsTagger)
        return model.head(model.tail_maps(outputs)).logits

    def load(self, state: Mapping[str, Tensor], n_classes: int | None = None) -> nn.Module:
        """A model of the tensors' widths; the front end is the network's own, exact where a file has it rounded."""
        with Undrawn():  # every weight is that of the file
            own = self.build(1, seed=0).state_dict()
            return super().load(published_tensors(state, own, self.label), n_classes)


@dataclass(frozen=True)
class Cnn6Network(PannsNetwork):
    """Four 5×5 convolutions.

    Kong et al. 2020, Table I.
    """

    name: ClassVar[str] = "cnn6"
    architecture: ClassVar[type[PannsTagger]] = Cnn6
    tail: ClassVar[str | None] = Cnn6.tail
    stem: ClassVar[tuple[str, ...]] = Cnn6.stem


@dataclass(frozen=True)
class Cnn10Network(PannsNetwork):
    """Eight 3×3 convolutions.

    Kong et al. 2020, Table I.
    """

    name: ClassVar[str] = "cnn10"
    architecture: ClassVar[type[PannsTagger]] = Cnn10
    tail: ClassVar[str | None] = Cnn10.tail
    stem: ClassVar[tuple[str, ...]] = Cnn10.stem


@dataclass(frozen=True)
class ResNet22Network(PannsNetwork):
    """Residual blocks of two 3×3 convolutions.

    Kong et al. 2020, Table II.
    """

    name: ClassVar[str] = "resnet22"
    default_scope: ClassVar[str] = "inner"
    architecture: ClassVar[type[PannsTagger]] = ResNet22
    tail: ClassVar[str | None] = ResNet22.tail
    stem: ClassVar[tuple[str, ...]] = ResNet22.stem


@dataclass(frozen=True)
class ResNet38Network(PannsNetwork):
    """ResNet22 with more blocks.

    Kong et al. 2020, Table II.
    """

    name: ClassVar[str] = "resnet38"
    default_scope: ClassVar[str] = "inner"
    architecture: ClassVar[type[PannsTagger]] = ResNet38
    tail: ClassVar[str | None] = ResNet38.tail
    stem: ClassVar[tuple[str, ...]] = ResNet38.stem


@dataclass(frozen=True)
class MobileNetV1Network(PannsNetwork):
    """Depthwise and 1×1 convolutions.

    Kong et al. 2020, Table III.
    """

    name: ClassVar[str] = "mobilenet_v1"
    architecture: ClassVar[type[PannsTagger]] = MobileNetV1
    tail: ClassVar[str | None] = MobileNetV1.tail
    stem: ClassVar[tuple[str, ...]] = MobileNetV1.stem


@dataclass(frozen=True)
class MobileNetV2Network(PannsNetwork):
    """Inverted residuals.

    Kong et al. 2020, Table III.
    """

    name: ClassVar[str] = "mobilenet_v2"
    default_scope: ClassVar[str] = "inner"
    architecture: ClassVar[type[PannsTagger]] = MobileNetV2
    tail: ClassVar[str | None] = MobileNetV2.tail
    stem: ClassVar[tuple[str, ...]] = MobileNetV2.stem


@dataclass(frozen=True)
class Cnn14DecisionLevelMaxNetwork(PannsNetwork):
    """Cnn14 that tags each part of a clip and takes the maximum.

    Kong et al. 2020, code.
    """

    name: ClassVar[str] = "cnn14_decision_level_max"
    architecture: ClassVar[type[PannsTagger]] = Cnn14DecisionLevelMax
    tail: ClassVar[str | None] = Cnn14DecisionLevelMax.tail
    stem: ClassVar[tuple[str, ...]] = Cnn14DecisionLevelMax.stem


@dataclass(frozen=True)
class WavegramLogmelCnn14Network(PannsNetwork):
    """Cnn14 on the waveform, by a learned Wavegram and log-mels.

    Kong et al. 2020, Section III-B.
    """

    name: ClassVar[str] = "wavegram_logmel_cnn14"
    architecture: ClassVar[type[PannsTagger]] = WavegramLogmelCnn14
    tail: ClassVar[str | None] = WavegramLogmelCnn14.tail
    stem: ClassVar[tuple[str, ...]] = WavegramLogmelCnn14.stem
    # The Fourier transform and the mels are given, and a filter of the convolution is one of 32 bins of a map.
    whole: ClassVar[tuple[str, ...]] = (
        "spectrogram_extractor",
        "logmel_extractor",
        "pre_block3.conv2",
        "fc1",
    )

    @property
    def frontend(self) -> Waveforms:
        """The waveform at 32 kHz: the network makes its log-mels itself."""
        return Waveforms(PANNS.sample_rate)

    def logits(self, model: nn.Module, features: Tensor) -> Tensor:
        """Waveforms (clips, samples, 1) to logits (clips, classes)."""
        found: Tensor = model.from_waveform(features[..., 0]).logits  # type: ignore[operator]
        return found

    def stem_outputs(self, model: nn.Module, features: Tensor) -> Tensor:
        """Waveforms (clips, samples, 1) to what `conv_block3` gives."""
        assert isinstance(model, WavegramLogmelCnn14)
        return model.stem_maps(features[..., 0])

    def example(self, model: nn.Module) -> Tensor:
        """A waveform of 0.64 s, (1, 20480, 1): two positions are left in the last map."""
        return torch.zeros(1, 64 * PANNS.hop, 1, device=next(model.parameters()).device)


PANNS_NETWORKS: tuple[type[PannsNetwork], ...] = (
    Cnn6Network,
    Cnn10Network,
    ResNet22Network,
    ResNet38Network,
    MobileNetV1Network,
    MobileNetV2Network,
    WavegramLogmelCnn14Network,
    Cnn14DecisionLevelMaxNetwork,
)
