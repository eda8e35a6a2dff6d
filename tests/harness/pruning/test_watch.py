"""A pruner that changes what it is shown, or the model, is refused in one sentence, and its scores are not used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from prunebench import harness
from prunebench.eval.errors import InputError
from prunebench.harness.data import Clips
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.pruners import LayerView, Pruner

MODEL = harness.Cnn14(widths=[2] * 12, n_classes=3, embedding=4)
KEPT = {name: tensor.clone() for name, tensor in MODEL.state_dict().items()}


def norms(layer: LayerView) -> Tensor:
    return layer.weight.abs().flatten(1).sum(1)


@dataclass(frozen=True)
class Meddles(Pruner):
    name: ClassVar[str] = "meddles"
    reference: ClassVar[str] = ""
    with_: Callable[[LayerView], Any] = field(default=norms, hash=False)

    def score(self, layer: LayerView) -> Tensor:
        self.with_(layer)
        return norms(layer)


@dataclass(frozen=True)
class MeddlesWithClips(Meddles):
    needs = frozenset({"activations", "gradients", "consumer_input"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        batch = layer.activations.mean((0, 2, 3))
        if seen is not None and self.with_ is into_seen:
            return seen.add_(batch)
        self.with_(layer)
        return batch if seen is None else seen + batch

    def score(self, layer: LayerView) -> Tensor:
        return layer.observed


def into_seen(layer: LayerView) -> None: ...


class Noise(Clips):
    names = tuple(f"clip {index}" for index in range(20))
    sources = tuple((name,) for name in names)
    targets = np.eye(3, dtype=bool)[np.arange(20) % 3]

    def waveform(self, index):
        return np.random.default_rng(index).uniform(-0.1, 0.1, 16000).astype(np.float32)


@pytest.fixture(autouse=True)
def _the_model_as_it_was():
    yield
    MODEL.load_state_dict(KEPT)


@pytest.mark.parametrize(
    ("meddle", "said"),
    [
        (lambda layer: layer.weight.mul_(2), "`weight` of layer C1"),
        (lambda layer: layer.weight.data.mul_(2), "`weight` of layer C1"),
        (lambda layer: layer.weight.numpy().sort(axis=0), "`weight` of layer C1"),
        (lambda layer: layer.bn.running_mean.add_(1), "`bn.running_mean` of layer C1"),
        (lambda layer: object.__setattr__(layer, "weight", layer.weight + 1), "`weight` of layer C1"),
        (lambda layer: vars(layer.bn).update(weight=layer.bn.weight + 1), "`bn.weight` of layer C1"),
        (lambda layer: MODEL.fc1.weight.data.mul_(2), "`fc1.weight` of the model"),
        (lambda layer: MODEL.bn0.running_mean.add_(1), "`bn0.running_mean` of the model"),
        (
            lambda layer: setattr(MODEL.bn0, "eps_of_mine", torch.nn.Parameter(torch.ones(1))),
            "`bn0.eps_of_mine`",
        ),
    ],
)
def test_what_a_score_changes_is_named(meddle, said):
    try:
        with pytest.raises(InputError, match=f"Pruner `meddles.*` must not change .* It changed {said}"):
            harness.prune(MODEL, Meddles(meddle), 0.5, "C1-C2")
    finally:
        MODEL.bn0._parameters.pop("eps_of_mine", None)


@pytest.mark.parametrize(
    ("meddle", "said"),
    [
        (lambda layer: layer.activations.zero_(), "`activations` of layer C1"),
        (lambda layer: layer.activations.numpy().fill(0), "`activations` of layer C1"),
        (lambda layer: layer.consumer_input.mul_(2), "`consumer_input` of layer C1"),
        (lambda layer: layer.gradients.weight.add_(1), "`gradients.weight` of layer C1"),
        (lambda layer: layer.weight.mul_(2), "`weight` of layer C1"),
        (lambda layer: layer.weight.data.mul_(2), "`weight` of layer C1"),
        (into_seen, "`seen` of layer C1"),
    ],
)
def test_what_an_observation_changes_is_named(meddle, said):
    with pytest.raises(InputError, match=f"must not change what it is given. It changed {said}"):
        harness.score(MODEL, MeddlesWithClips(meddle), "C1-C2", clips=Noise())
    assert not any(parameter.grad is not None for parameter in MODEL.parameters())


def test_a_pruner_that_reads_alone_is_let_through_and_its_time_is_told():
    found = scored_layers(MODEL, Meddles(), ["C1"])
    assert torch.equal(found.scores["C1"], MODEL.conv_block1.conv1.weight.detach().abs().flatten(1).sum(1))
    assert found.watched > 0
    assert harness.score(MODEL, MeddlesWithClips(norms), "C1", clips=Noise())["C1"].shape == (2,)


def test_in_a_callers_inference_mode_changes_are_seen_too():
    with torch.inference_mode(), pytest.raises(InputError, match="It changed `weight` of layer C1"):
        harness.score(MODEL, Meddles(lambda layer: layer.weight.mul_(2)), "C1")
