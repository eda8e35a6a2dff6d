"""A tagger as a module that `prunebench.eval` measures, whatever its network: features or waveforms in, scores out."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.networks.cnn14 import Cnn14, at_least
from prunebench.harness.networks.contract.front import Front, check_front
from prunebench.harness.networks.contract.tagger import Tagger


class Scores(NamedTuple):
    """What is measured of a clip: logits and probabilities, (clips, classes) each."""

    logits: Tensor
    probabilities: Tensor


class Measurable(nn.Module):
    """A model as its network runs it.

    Its state dict is the model's own, without a prefix. It shares the model's tensors.

    Args:
        tagger: the model and its network.

    Raises:
        InputError: for a front end that does not say its rate, window, hop and mels.
    """

    frontend_apart = True  # no layer of the module makes features

    def __init__(self, tagger: Tagger) -> None:
        super().__init__()
        check_front(tagger.network.frontend, tagger.network.label)
        self.network, self.model = tagger.network, tagger.model
        self.training = tagger.model.training

    @property
    def frontend(self) -> Front:
        """The network's: rate, window, hop and mels."""
        return self.network.frontend

    @property
    def n_classes(self) -> int:
        """Number of outputs."""
        return self.network.n_classes(self.model)

    @property
    def shape_key(self) -> Hashable:
        """Equal where costs are: the network, how the model is built of layers, and the shapes of its tensors.

        A model whose forward pass depends on something besides, which neither its network nor a layer says, must be of
        another network.
        """
        shapes = tuple((name, tuple(value.shape)) for name, value in self.model.state_dict().items())
        return self.network, type(self.model), repr(self.model), shapes

    def from_log_mel(self, features: Tensor) -> Scores:
        """Features (clips, frames, mels) to scores."""
        logits = self.network.logits(self.model, features)
        return Scores(logits, torch.sigmoid(logits))

    def forward(self, waveforms: Tensor) -> Scores:
        """Waveforms (clips, samples) at the front end's rate to the scores of their features.

        What is shorter than the front end's `shortest`, where it has one, is padded with zeros.
        """
        long_enough = at_least(waveforms, getattr(self.frontend, "shortest", 1))
        return self.from_log_mel(self.frontend.features(long_enough))

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """The model's own, with the names that its checkpoints have."""
        return self.model.state_dict(*args, **kwargs)


def measurable_of(tagger: Tagger) -> nn.Module:
    """What `prunebench.eval` measures: a Cnn14 as it is, since its costs have a closed form, others as `Measurable`."""
    return tagger.model if isinstance(tagger.model, Cnn14) else Measurable(tagger)


@torch.no_grad()
def check_scores(tagger: Tagger) -> None:
    """Refuse a network that gives no scores for a second of silence.

    Raises:
        InputError: saying what it gave, or how it failed.
    """
    network = tagger.network
    model = measurable_of(tagger)
    with foreign_code(f"Network `{network.label}` must score a clip"):
        device = next(model.parameters()).device
        logits = model(torch.zeros(1, network.frontend.sample_rate, device=device)).logits
        expected = (1, tagger.n_classes)
        if not isinstance(logits, Tensor) or tuple(logits.shape) != expected:
            raise ValueError(f"logits of shape {tuple(getattr(logits, 'shape', ()))} and not {expected}")
        if not bool(logits.isfinite().all()):
            raise ValueError("logits of silence that are not finite")
