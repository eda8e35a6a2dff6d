"""EfficientAT's `mn` as a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.width import check_width
from prunebench.harness.networks.efficientat.inverted_residual import InvertedResidual
from prunebench.harness.networks.efficientat.kaldi_mels import EFFICIENTAT, KaldiMels
from prunebench.harness.networks.efficientat.mobilenet_v3 import STEM, MobileNetV3
from prunebench.harness.networks.initial_weights import Undrawn
from prunebench.harness.networks.plugins.published_tensors import published_tensors


@dataclass(frozen=True)
class MnNetwork(Network):
    """EfficientAT's MobileNetV3 over 128 mels; `mn04` is width 0.4.

    Schmid, Koutini & Widmer 2023; `mn10` is width 1. The tail begins with the blocks of 80 filters and has 59 % of the
    MACs of mn04 and 68 % of those of mn10; Cnn14's has 53 %.

    Args:
        width: times the published channels, each rounded to a multiple of 8.
    """

    width: float = 1.0

    name: ClassVar[str] = "mn"
    reference: ClassVar[str] = "schmid2023efficient"
    tail: ClassVar[str | None] = f"features.{STEM}"
    stem: ClassVar[tuple[str, ...]] = tuple(f"features.{number}" for number in range(STEM))
    default_scope: ClassVar[str] = "inner"

    def __post_init__(self) -> None:
        check_width(self.width)

    @property
    def frontend(self) -> KaldiMels:
        """128 Kaldi mels at 32 kHz."""
        return EFFICIENTAT

    @property
    def head(self) -> tuple[str, ...]:
        """The last linear layer; the hidden one before it is a group of its own."""
        return ("classifier.5",)

    def build(self, n_classes: int, *, seed: int) -> MobileNetV3:
        """A new model in evaluation mode."""
        return MobileNetV3(n_classes, width=self.width, seed=seed).eval()

    def stem_outputs(self, model: nn.Module, features: Tensor) -> Tensor:
        """What the blocks before the tail give, (clips, filters, mels / 8, frames / 8)."""
        assert isinstance(model, MobileNetV3)
        return model.stem(features)

    def from_stem(self, model: nn.Module, outputs: Tensor) -> Tensor:
        """The tail and the classifier."""
        assert isinstance(model, MobileNetV3)
        return model.from_stem(outputs).logits

    def load(self, state: Mapping[str, Tensor], n_classes: int | None = None) -> nn.Module:
        """A model of the tensors' widths, at most those of `width`, which decides which blocks have a shortcut."""
        with Undrawn():  # every weight is that of the file
            own = self.build(1, seed=0).state_dict()
            return super().load(published_tensors(state, own, self.label), n_classes)

    def check_unlabelled(self, model: nn.Module) -> None:
        """Refuse tensors that do not show which blocks have a shortcut: the width that was trained decides it."""
        for name, block in model.named_modules():
            if isinstance(block, InvertedResidual) and block.leaves_open_whether_it_adds:
                raise InputError(
                    f"The tensors of this `mn` checkpoint do not show whether its block `{name}` has a shortcut (an "
                    f"`mn` of width {self.width:g} has none there): give the width that was trained, such as "
                    '`--network "mn[width=0.4]"`.'
                )
