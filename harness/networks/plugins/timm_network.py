"""`timm:NAME`: the convolutional networks of timm, on log-mels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.front import Front
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.efficientat.kaldi_mels import EFFICIENTAT
from prunebench.harness.networks.frontend import PANNS
from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.networks.plugins.published_tensors import published_tensors
from prunebench.harness.networks.plugins.timm_models import (
    PREFIX,
    TimmArchitecture,
    architecture,
    create,
    one_channel,
)

FRONTS: Mapping[int, Front] = {front.mels: front for front in (PANNS, EFFICIENTAT)}
NORM = "bn0"  # the batch norm over mels, as in PANNs


@dataclass(frozen=True)
class TimmNetwork(Network):
    """An architecture of timm (extra `timm`), by its name there: `timm:resnet18`.

    Wightman 2019. An image is a map of log-mels with one channel, (frames, mels). A batch norm over mels is put before
    the network, as in PANNs; it is part of the model, under the name `bn0`.

    Args:
        name: `timm:` and timm's name of the architecture.
        mels: 64 for PANNs' log-mels, 128 for EfficientAT's; both at 32 kHz.
    """

    name: str = f"{PREFIX}NAME"  # type: ignore[misc]  # of each value its own
    mels: int = PANNS.mels

    reference: ClassVar[str] = "wightman2019timm"
    default_scope: ClassVar[str] = "inner"

    def __post_init__(self) -> None:
        if self.mels not in FRONTS or isinstance(self.mels, bool):
            raise InputError(
                f"Parameter `mels` must be {' or '.join(map(str, FRONTS))}. Found `{self.mels!r}`."
            )
        _ = self.architecture  # refuses what cannot be pruned

    @property
    def architecture(self) -> TimmArchitecture:
        """What timm says of it."""
        return architecture(self.name.removeprefix(PREFIX))

    @property
    def frontend(self) -> Front:
        """PANNs' 64 log-mels or EfficientAT's 128 Kaldi mels, at 32 kHz."""
        return FRONTS[self.mels]

    @property
    def head(self) -> tuple[str, ...]:
        """timm's classifier."""
        return self.architecture.head

    def build(self, n_classes: int, *, seed: int) -> nn.Module:
        """A new model with timm's initial weights, in evaluation mode; nothing is fetched."""
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)  # that of devices is not restored
            model = self._create(n_classes)
        model.add_module(NORM, nn.BatchNorm2d(self.mels))
        return model.eval()

    def _create(self, n_classes: int) -> nn.Module:
        return create(self.architecture.name, n_classes)

    def logits(self, model: nn.Module, features: Tensor) -> Tensor:
        """Features (clips, frames, mels) to logits (clips, classes)."""
        image = model.get_submodule(NORM)(features[:, None].transpose(1, 3)).transpose(1, 3)
        found: Tensor = model(image)
        return found

    def groups(self, model: nn.Module) -> tuple[Group, ...]:
        """As traced; what the graph gets wrong is refused under timm's name."""
        try:
            return super().groups(model)
        except InputError as error:
            raise InputError(f"`{self.label}` cannot be pruned as it is. {error}") from error

    def load(self, state: Mapping[str, Tensor], n_classes: int | None = None) -> nn.Module:
        """A model of the tensors' widths; weights for images in colour, without `bn0`, are read too.

        The first layer is summed over colours, and the batch norm over mels is a new one: such weights are where
        training starts.
        """
        own = self.build(1, seed=0).state_dict()
        found = published_tensors(state, own, self.label)
        if not any(name.startswith(f"{NORM}.") for name in state):
            found |= {name: tensor for name, tensor in own.items() if name.startswith(f"{NORM}.")}
        for layer in self.architecture.first:
            weight = found.get(f"{layer}.weight")
            if isinstance(weight, Tensor) and weight.ndim == 4 and weight.shape[1] == 3:
                found[f"{layer}.weight"] = one_channel(weight)
        return super().load(found, n_classes)
