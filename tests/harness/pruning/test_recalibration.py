"""Recalibrated batch norm holds the mean of what its batches had, re-derived layer by layer."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunebench.harness.data.some_clips import drawn_rows
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.networks.plugins.traced import traced
from prunebench.harness.pruning.recalibration import BATCH, recalibrate
from prunebench.harness.training.prediction import stem_outputs

WIDTHS = (2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7)


@pytest.fixture
def model() -> Cnn14:
    model = Cnn14(WIDTHS, n_classes=3, embedding=4, seed=2)
    generator = torch.Generator().manual_seed(5)
    for layer in LAYERS:
        norm = model.batch_norm(layer)
        norm.running_mean.normal_(generator=generator)
        norm.running_var.uniform_(0.5, 3, generator=generator)
        norm.weight.data.uniform_(0.5, 2, generator=generator)
    return model.eval()


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(BATCH + 9, 40, 64)).astype(np.float32)


def reference(
    model: Cnn14, x: torch.Tensor, norms: dict[str, list[tuple[torch.Tensor, torch.Tensor]]]
) -> None:
    """One batch through the network as the definition says, statistics of the batch everywhere."""

    def normalised(
        name: str, norm: torch.nn.BatchNorm2d, values: torch.Tensor, dims=(0, 2, 3)
    ) -> torch.Tensor:
        mean, biased = values.mean(dims), values.var(dims, unbiased=False)
        norms.setdefault(name, []).append((mean, values.var(dims, unbiased=True)))
        shape = (1, -1, 1, 1)
        scaled = (values - mean.reshape(shape)) / (biased.reshape(shape) + norm.eps).sqrt()
        return scaled * norm.weight.reshape(shape) + norm.bias.reshape(shape)

    x = normalised("bn0", model.bn0, x[:, None].transpose(1, 3)).transpose(1, 3)
    for index, layer in enumerate(LAYERS):
        x = F.relu(
            normalised(
                layer, model.batch_norm(layer), F.conv2d(x, model.convolution(layer).weight, padding=1)
            )
        )
        if index % 2 and index < 11:
            x = F.avg_pool2d(x, 2)


def test_statistics_are_the_mean_over_batches(model: Cnn14, features: np.ndarray) -> None:
    norms: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {}
    with torch.no_grad():
        for part in (features[:BATCH], features[BATCH:]):
            reference(model.double(), torch.from_numpy(part).double(), norms)
    model.float()
    recalibrate(model, features, np.arange(len(features)))
    for name, seen in norms.items():
        norm = model.bn0 if name == "bn0" else model.batch_norm(name)
        assert torch.allclose(
            norm.running_mean.double(), torch.stack([m for m, _ in seen]).mean(0), atol=1e-4
        )
        assert torch.allclose(norm.running_var.double(), torch.stack([v for _, v in seen]).mean(0), rtol=1e-3)
        assert norm.momentum == 0.1
    assert not any(module.training for module in model.modules())


def test_the_tail_leaves_the_stem(model: Cnn14, features: np.ndarray) -> None:
    before = {layer: model.batch_norm(layer).running_mean.clone() for layer in LAYERS}
    stem = np.concatenate(list(stem_outputs(model, features)))
    weights = {key: value.clone() for key, value in model.state_dict().items() if "running" not in key}
    recalibrate(model, stem, np.arange(len(stem)), tail=True)
    for index, layer in enumerate(LAYERS):
        assert torch.equal(before[layer], model.batch_norm(layer).running_mean) == (index < 6)
    assert all(
        torch.equal(value, model.state_dict()[key]) for key, value in weights.items() if "tracked" not in key
    )


def test_a_model_keeps_its_statistics_where_an_input_does_not_fit(model: Cnn14) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    odd = np.zeros((BATCH, 40, 63), np.float32)  # bands that no batch norm of Cnn14 has
    with pytest.raises((RuntimeError, ValueError)):
        recalibrate(model, odd, np.arange(len(odd)))
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    assert {norm.momentum for norm in norms} == {0.1}
    assert not any(module.training for module in model.modules())


def test_the_global_generator_is_left_alone(model: Cnn14, features: np.ndarray) -> None:
    state = torch.random.get_rng_state()
    recalibrate(model, features, np.arange(8))
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("label", ["wavegram_logmel_cnn14[width=0.03125]", "mn[width=0.1]"])
def test_batch_norms_of_every_kind_hold_the_mean_over_batches(label: str) -> None:
    network = resolve_network(label)
    found = Tagger(network, network.build(3, seed=1))
    shape = network.example(found.model).shape[1:]
    inputs = np.random.default_rng(0).normal(0, 1, (BATCH + 6, *shape)).astype(np.float32)
    slow = copy.deepcopy(found.model)
    seen: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {}
    norms = {name: m for name, m in slow.named_modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))}
    for name, norm in norms.items():
        norm.train()  # normalises by the batch

        def keep(module, given, name=name):
            flat = given[0].transpose(0, 1).flatten(1)
            seen.setdefault(name, []).append((flat.mean(1), flat.var(1)))

        norm.register_forward_pre_hook(keep)
    with torch.no_grad():
        for part in (inputs[:BATCH], inputs[BATCH:]):
            network.logits(slow, torch.from_numpy(part))
    recalibrate(found, inputs, np.arange(len(inputs)))
    assert len(norms) > 10
    assert len({type(norm) for norm in norms.values()}) == (2 if "wavegram" in label else 1)
    for name in norms:
        norm = found.model.get_submodule(name)
        means, variances = (torch.stack(values).mean(0) for values in zip(*seen[name], strict=True))
        torch.testing.assert_close(norm.running_mean, means, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(norm.running_var, variances, rtol=1e-3, atol=1e-5)
        assert norm.momentum == norms[name].momentum


def test_a_last_clip_that_is_left_over_joins_the_batch_before_it() -> None:
    class Pooled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.classes = nn.BatchNorm1d(64), nn.Linear(64, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.classes(self.norm(x.mean(1)))

    found = tagger_of(Pooled(), traced(head=("classes",), forward=lambda model, x: model(x)))
    inputs = np.random.default_rng(0).normal(size=(2 * BATCH + 1, 40, 64)).astype(np.float32)
    recalibrate(found, inputs, np.arange(len(inputs)))
    means = torch.from_numpy(inputs).transpose(1, 2).mean(2)
    expected = (means[:BATCH].var(0) + means[BATCH:].var(0)) / 2
    torch.testing.assert_close(found.model.norm.running_var, expected)


def test_cnn14_takes_a_last_clip_alone(model: Cnn14, features: np.ndarray) -> None:
    """Kept results had it so."""
    recalibrate(model, features, np.arange(BATCH + 1))
    means = [torch.from_numpy(part).mean((0, 1)) for part in (features[:BATCH], features[BATCH : BATCH + 1])]
    torch.testing.assert_close(model.bn0.running_mean, (means[0] + means[1]) / 2, rtol=1e-4, atol=1e-6)


def test_rows() -> None:
    rows = drawn_rows(100, 30)
    assert len(set(rows.tolist())) == 30
    assert (np.diff(rows) > 0).all()
    assert np.array_equal(drawn_rows(10, 300), np.arange(10))
