"""Calibration runs once over the clips, holds one layer at a time and leaves the model as it was."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.pruning.calibration import calibrate
from prunebench.harness.pruning.layer_views import layer_view
from prunebench.pruners.contract import LayerView, Need, Pruner
from prunebench.pruners.energy import Energy
from prunebench.pruners.l1 import L1Norm
from prunebench.pruners.obd import OptimalBrainDamage
from prunebench.pruners.taylor import Taylor
from prunebench.pruners.thinet import ThiNet

CLIPS, CLASSES = 5, 4


@pytest.fixture
def model() -> Cnn14:
    return Cnn14((3, 4, 3, 5, 4, 4, 6, 5, 6, 7, 6, 8), n_classes=CLASSES, embedding=9, seed=1)


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(3).normal(-30, 15, (CLIPS, 40, 64)).astype(np.float32)


@pytest.fixture
def targets() -> np.ndarray:
    return np.random.default_rng(4).random((CLIPS, CLASSES)) < 0.4


def views(model: Cnn14) -> Callable[[str], LayerView]:
    def view(layer: str) -> LayerView:
        generator = torch.Generator().manual_seed(LAYERS.index(layer))
        return replace(layer_view(tagger_of(model), layer), supplied_generator=generator)

    return view


@dataclass(frozen=True)
class Observer(Pruner):
    """Keeps the activations it was shown last."""

    name: ClassVar[str] = "observer"
    reference: ClassVar[str] = ""
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        return layer.activations

    def score(self, layer: LayerView) -> Tensor:
        return layer.observed


@dataclass(frozen=True)
class GradientObserver(Observer):
    needs: ClassVar[frozenset[Need]] = frozenset({"gradients"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        return layer.gradients.weight * layer.weight


def state(model: Cnn14) -> dict[str, object]:
    return {
        "modes": [module.training for module in model.modules()],
        "required": [parameter.requires_grad for parameter in model.parameters()],
        "gradients": [None if p.grad is None else p.grad.clone() for p in model.parameters()],
        "tensors": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "hooks": [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()],
    }


def assert_as_found(model: Cnn14, before: dict[str, object]) -> None:
    after = state(model)
    assert after["modes"] == before["modes"]
    assert after["required"] == before["required"]
    assert after["hooks"] == before["hooks"]
    torch.testing.assert_close(after["gradients"], before["gradients"], rtol=0, atol=0)
    torch.testing.assert_close(after["tensors"], before["tensors"], rtol=0, atol=0)


@pytest.fixture
def mixed(model: Cnn14) -> Cnn14:
    """Part in training mode, part frozen, with gradients of its own and a hook."""
    model.train()
    model.conv_block5.eval()
    model.conv_block4.conv1.weight.requires_grad_(False)
    model.conv_block6.conv2.weight.grad = torch.ones_like(model.conv_block6.conv2.weight)
    model.conv_block6.register_forward_hook(lambda *_: None)
    return model


@pytest.mark.parametrize("pruner", [Taylor(), OptimalBrainDamage(), Energy(), ThiNet()])
def test_model_is_left_as_found(
    mixed: Cnn14, features: np.ndarray, targets: np.ndarray, pruner: Pruner
) -> None:
    before = state(mixed)
    calibrate(mixed, pruner, LAYERS[6:], features, targets, make_view=views(mixed))
    assert_as_found(mixed, before)


@dataclass(frozen=True)
class Interrupted(Observer):
    needs: ClassVar[frozenset[Need]] = frozenset({"gradients", "activations", "consumer_input"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        raise KeyboardInterrupt


def test_model_is_left_as_found_after_an_interruption(
    mixed: Cnn14, features: np.ndarray, targets: np.ndarray
) -> None:
    before = state(mixed)
    with pytest.raises(KeyboardInterrupt):
        calibrate(mixed, Interrupted(), LAYERS, features, targets, make_view=views(mixed))
    assert_as_found(mixed, before)
    assert torch.is_grad_enabled()


@dataclass(frozen=True)
class Failing(Observer):
    """Asks for what it has not declared."""

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        return layer.gradients.weight


def test_a_pruner_that_fails_is_named_with_its_layer(model: Cnn14, features: np.ndarray) -> None:
    with pytest.raises(
        InputError, match=r"`observer` must score layer C3 .* LookupError: .* \(line \d+ of"
    ) as failure:
        calibrate(model, Failing(), ["C3"], features, make_view=views(model))
    assert isinstance(failure.value.__cause__, LookupError)


def test_one_pass_for_all_layers(model: Cnn14, features: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    plain = model.from_log_mel
    monkeypatch.setattr(model, "from_log_mel", lambda clips: (seen.append(len(clips)), plain(clips))[1])
    calibrate(model, Energy(), LAYERS, features, batch=2, make_view=views(model))
    assert seen == [2, 2, 1]


ALIVE: list[weakref.ref[Tensor]] = []


@dataclass(frozen=True)
class Witness(Observer):
    """Sees whether the activations it was shown before are still there."""

    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        left = sum(reference() is not None for reference in ALIVE)
        ALIVE.append(weakref.ref(layer.activations))
        return torch.tensor([left])


def test_activations_are_freed_layer_by_layer(model: Cnn14, features: np.ndarray) -> None:
    ALIVE.clear()
    found = calibrate(model, Witness(), LAYERS, features, batch=2, make_view=views(model))
    assert len(ALIVE) == 3 * 12
    assert all(kept.item() == 0 for kept in found.values())


def test_nothing_is_run_for_pruners_that_need_no_clips(model: Cnn14, features: np.ndarray) -> None:
    assert calibrate(model, L1Norm(), LAYERS, features[:0], make_view=views(model)) == {}


def test_observing_makes_no_graph(model: Cnn14, features: np.ndarray, targets: np.ndarray) -> None:
    for pruner in (GradientObserver(), Observer()):
        found = calibrate(model, pruner, ("C7", "C12"), features, targets, make_view=views(model))
        assert not any(kept.requires_grad for kept in found.values())


def test_read_only_features_on_disk(model: Cnn14, features: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "features.npy", features)
    on_disk = np.load(tmp_path / "features.npy", mmap_mode="r")
    left, right = (
        calibrate(model, Energy(), ("C7",), f, make_view=views(model)) for f in (features, on_disk)
    )
    assert torch.equal(left["C7"], right["C7"])


def test_global_generator_is_left_alone(model: Cnn14, features: np.ndarray, targets: np.ndarray) -> None:
    model.train()
    before = torch.get_rng_state()
    for pruner in (ThiNet(), Taylor()):
        calibrate(model, pruner, ("C7",), features, targets, make_view=views(model))
    assert torch.equal(before, torch.get_rng_state())
