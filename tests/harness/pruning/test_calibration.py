"""What pruners observe of a Cnn14 is what a plain forward and backward pass gives."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from prunebench.eval.errors import InputError
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.pruning.calibration import calibrate
from prunebench.harness.pruning.layer_views import layer_view
from prunebench.pruners.apoz import AveragePercentageOfZeros
from prunebench.pruners.chip import ChannelIndependence
from prunebench.pruners.contract import LayerView, Need, Pruner
from prunebench.pruners.energy import Energy
from prunebench.pruners.entropy import Entropy
from prunebench.pruners.hrank import HRank
from prunebench.pruners.obd import OptimalBrainDamage
from prunebench.pruners.taylor import Taylor
from prunebench.pruners.thinet import ThiNet

WIDTHS = (3, 4, 3, 5, 4, 4, 6, 5, 6, 7, 6, 8)
CLIPS, FRAMES, CLASSES = 5, 40, 4


@pytest.fixture
def model() -> Cnn14:
    model = Cnn14(WIDTHS, n_classes=CLASSES, embedding=9, seed=1)
    generator = torch.Generator().manual_seed(2)
    for layer in LAYERS:
        norm = model.batch_norm(layer)
        for tensor, low, high in (
            (norm.weight, 0.5, 1.5),
            (norm.bias, -0.3, 0.3),
            (norm.running_mean, -0.3, 0.3),
            (norm.running_var, 0.2, 1.0),
        ):
            tensor.data.uniform_(low, high, generator=generator)
    return model


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(3).normal(-30, 15, (CLIPS, FRAMES, 64)).astype(np.float32)


@pytest.fixture
def targets() -> np.ndarray:
    return np.random.default_rng(4).random((CLIPS, CLASSES)) < 0.4


def views(model: Cnn14) -> Callable[[str], LayerView]:
    def view(layer: str) -> LayerView:
        generator = torch.Generator().manual_seed(LAYERS.index(layer))
        return replace(layer_view(tagger_of(model), layer), supplied_generator=generator)

    return view


@dataclass(frozen=True)
class Keeper(Pruner):
    """Keeps all it is shown."""

    name: ClassVar[str] = "keeper"
    reference: ClassVar[str] = ""

    def score(self, layer: LayerView) -> Tensor:
        return layer.observed


@dataclass(frozen=True)
class ActivationKeeper(Keeper):
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        return layer.activations if seen is None else torch.cat((seen, layer.activations))


@dataclass(frozen=True)
class ConsumerKeeper(Keeper):
    needs: ClassVar[frozenset[Need]] = frozenset({"consumer_input", "activations"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        assert len(layer.activations) == len(layer.consumer_input)
        return layer.consumer_input if seen is None else torch.cat((seen, layer.consumer_input))


@dataclass(frozen=True)
class GradientKeeper(Keeper):
    """Flattened gradients, a row a batch, beside the number of clips whose activations came with them."""

    needs: ClassVar[frozenset[Need]] = frozenset({"gradients", "activations"})

    def observe(self, layer: LayerView, seen: Tensor | None) -> Tensor:
        g = layer.gradients
        clips = torch.tensor([float(len(layer.activations))])
        row = torch.cat(
            [clips, *(t.flatten() for t in (g.weight, g.bn_weight, g.bn_bias, g.consumer_weight))]
        )[None]
        return row if seen is None else torch.cat((seen, row))


@dataclass(frozen=True)
class ClipGradientKeeper(GradientKeeper):
    clip_by_clip: ClassVar[bool] = True


@torch.no_grad()
def slow_maps(model: Cnn14, features: np.ndarray) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Activations of each layer and the input of its consumer, step by step."""
    model = copy.deepcopy(model).eval()
    x = model.bn0(torch.from_numpy(features)[:, None].transpose(1, 3)).transpose(1, 3)
    maps, reads = {}, {}
    for index, layer in enumerate(LAYERS):
        x = F.relu(model.batch_norm(layer)(model.convolution(layer)(x)))
        maps[layer] = x
        if index % 2 and index < 11:
            x = F.avg_pool2d(x, 2)
        reads[layer] = x
    x = x.mean(3)
    reads["C12"] = x.max(2).values + x.mean(2)
    return maps, reads


def test_activations_of_every_layer(model: Cnn14, features: np.ndarray) -> None:
    found = calibrate(model, ActivationKeeper(), LAYERS, features, batch=2, make_view=views(model))
    maps, _ = slow_maps(model, features)
    assert list(found) == list(LAYERS)
    for layer in LAYERS:
        torch.testing.assert_close(found[layer], maps[layer])
        assert (found[layer] >= 0).all()


def test_what_the_consumer_reads(model: Cnn14, features: np.ndarray) -> None:
    found = calibrate(model, ConsumerKeeper(), LAYERS, features, batch=2, make_view=views(model))
    _, reads = slow_maps(model, features)
    for layer in LAYERS:
        torch.testing.assert_close(found[layer], reads[layer])
    assert found["C12"].shape == (CLIPS, WIDTHS[11])


@pytest.mark.parametrize("pruner", [GradientKeeper(), ClipGradientKeeper()])
def test_gradients_are_those_of_plain_backward(
    model: Cnn14, features: np.ndarray, targets: np.ndarray, pruner: Pruner
) -> None:
    layers = ("C2", "C7", "C8", "C12")
    found = calibrate(model, pruner, layers, features, targets, batch=2, make_view=views(model))
    twin = copy.deepcopy(model).eval()
    step = 1 if pruner.clip_by_clip else 2
    for row, first in enumerate(range(0, CLIPS, step)):
        clips = slice(first, first + step)
        twin.zero_grad()
        logits = twin.from_log_mel(torch.from_numpy(features[clips])).logits
        want = torch.from_numpy(targets[clips]).float()
        (-(want * F.logsigmoid(logits) + (1 - want) * F.logsigmoid(-logits))).mean().backward()
        for layer in layers:
            norm = twin.batch_norm(layer)
            consumer = twin.fc1 if layer == "C12" else twin.convolution(LAYERS[LAYERS.index(layer) + 1])
            parameters = (twin.convolution(layer).weight, norm.weight, norm.bias, consumer.weight)
            grads = [parameter.grad for parameter in parameters]
            expected = torch.cat([torch.tensor([float(len(want))]), *(g.flatten() for g in grads)])
            torch.testing.assert_close(found[layer][row], expected)
    assert all(len(kept) == row + 1 for kept in found.values())


@pytest.mark.parametrize(
    "pruner",
    [
        AveragePercentageOfZeros(),
        Energy(),
        HRank(),
        Entropy(3),
        ChannelIndependence(),
        ThiNet(4),
        OptimalBrainDamage(),
    ],
    ids=lambda pruner: pruner.name,
)
def test_batch_size_decides_nothing(
    model: Cnn14, features: np.ndarray, targets: np.ndarray, pruner: Pruner
) -> None:
    layers = ("C1", "C8", "C12")
    alone, together = (
        calibrate(model, pruner, layers, features, targets, batch=batch, make_view=views(model))
        for batch in (1, CLIPS)
    )
    for layer in layers:
        torch.testing.assert_close(alone[layer], together[layer], rtol=1e-4, atol=1e-6)


def test_taylor_depends_on_the_batch_size_alone(
    model: Cnn14, features: np.ndarray, targets: np.ndarray
) -> None:
    first, again, other = (
        calibrate(model, Taylor(), ("C9",), features, targets, batch=batch, make_view=views(model))["C9"]
        for batch in (2, 2, CLIPS)
    )
    assert torch.equal(first, again)
    assert first[0, 1] == 3
    assert not torch.allclose(first, other)


def test_layers_do_not_depend_on_each_other(model: Cnn14, features: np.ndarray, targets: np.ndarray) -> None:
    for pruner in (Taylor(), Energy(), ThiNet()):
        alone, beside = (
            calibrate(model, pruner, layers, features, targets, make_view=views(model))["C8"]
            for layers in (("C8",), LAYERS)
        )
        torch.testing.assert_close(alone, beside)


def test_bad_input_is_named(model: Cnn14, features: np.ndarray, targets: np.ndarray) -> None:
    def run(pruner: Pruner, *given: np.ndarray | None, batch: int = 16) -> None:
        calibrate(model, pruner, ("C7",), *given, batch=batch, make_view=views(model))

    with pytest.raises(InputError, match=r"`energy` must be calibrated on at least one clip. Found none"):
        run(Energy(), features[:0])
    with pytest.raises(InputError, match=r"have shape \(clips, frames, mels\). Found shape \(40, 64\)"):
        run(Energy(), features[0])
    with pytest.raises(InputError, match=r"`taylor` reads gradients .* shape \(5, 4\). Found none"):
        run(Taylor(), features)
    with pytest.raises(InputError, match=r"Found shape \(3, 4\)"):
        run(Taylor(), features, targets[:3])
    with pytest.raises(InputError, match=r"`batch` must be at least 1. Found `batch = 0`"):
        run(Energy(), features, batch=0)


def test_taylor_agrees_with_torch_pruning_on_cnn14(
    model: Cnn14, features: np.ndarray, targets: np.ndarray
) -> None:
    """One batch: the square root of the score is the library's multivariable Taylor of the filter alone."""
    from torch_pruning import DependencyGraph, prune_conv_out_channels
    from torch_pruning.pruner.importance import TaylorImportance

    trunk = FromLogMel(copy.deepcopy(model).eval())
    graph = DependencyGraph().build_dependency(trunk, torch.from_numpy(features[:1]))
    trunk.zero_grad()
    loss = F.binary_cross_entropy_with_logits(
        trunk(torch.from_numpy(features)), torch.from_numpy(targets).float()
    )
    loss.backward()
    importance = TaylorImportance(group_reduction="first", normalizer=None, multivariable=True)
    found = calibrate(model, Taylor(), LAYERS[6:], features, targets, make_view=views(model))
    for layer in LAYERS[6:]:
        conv = trunk.model.convolution(layer)
        theirs = importance(
            graph.get_pruning_group(conv, prune_conv_out_channels, [*range(conv.out_channels)])
        )
        ours = (found[layer][:, 0] / found[layer][:, 1]).sqrt().float()
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-6 * float(theirs.max()))


class FromLogMel(nn.Module):
    def __init__(self, model: Cnn14) -> None:
        super().__init__()
        self.model = model
        # torch-pruning warns of the mel matrix, a parameter of no module it knows.
        model.spectrogram_extractor, model.logmel_extractor = nn.Identity(), nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        return self.model.from_log_mel(features).logits
