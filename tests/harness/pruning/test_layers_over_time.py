"""Convolutions over time and tokens: the scores are those of the same layer written as one over maps."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunebench import harness, pruners
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.pruning.scoring import scored_layers


class OverTime(nn.Module):
    """Mels are channels: (clips, mels, frames)."""

    def __init__(self):
        super().__init__()
        self.one, self.norm = nn.Conv1d(64, 8, 3), nn.BatchNorm1d(8)
        self.two, self.classes = nn.Conv1d(8, 6, 3), nn.Linear(6, 3)

    def forward(self, x):
        x = F.relu(self.two(F.relu(self.norm(self.one(x[:, 0])))))
        return self.classes(x.mean(2))


class OverMaps(nn.Module):
    """The same with maps of one mel: (clips, mels, frames, 1)."""

    def __init__(self, twin):
        super().__init__()
        self.one, self.norm = nn.Conv2d(64, 8, (3, 1)), nn.BatchNorm2d(8)
        self.two, self.classes = nn.Conv2d(8, 6, (3, 1)), nn.Linear(6, 3)
        shapes = self.state_dict()
        self.load_state_dict({k: v.reshape(shapes[k].shape) for k, v in twin.state_dict().items()})

    def forward(self, x):
        x = F.relu(self.two(F.relu(self.norm(self.one(x[:, 0, ..., None])))))
        return self.classes(x.mean((2, 3)))


class Tokens(nn.Module):
    """A linear layer reads what another gives for each frame."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.classes = nn.Linear(64, 8), nn.Linear(8, 6), nn.Linear(6, 3)

    def forward(self, x):
        return self.classes(self.two(F.relu(self.one(x[:, 0].transpose(1, 2)))).mean(1))


class PointwiseOverTime(nn.Module):
    """The same as convolutions of one frame."""

    def __init__(self, twin):
        super().__init__()
        self.one, self.two = nn.Conv1d(64, 8, 1), nn.Conv1d(8, 6, 1)
        self.classes = nn.Linear(6, 3)
        shapes = self.state_dict()
        self.load_state_dict({k: v.reshape(shapes[k].shape) for k, v in twin.state_dict().items()})

    def forward(self, x):
        return self.classes(self.two(F.relu(self.one(x[:, 0]))).mean(2))


FEATURES = np.random.default_rng(0).normal(size=(5, 20, 64)).astype(np.float32)
TARGETS = np.eye(3, dtype=bool)[[0, 1, 2, 0, 1]]


def scores(model, name, layers, features=FEATURES):
    tagger = Tagger(harness.traced(head=("classes",)), model.eval())
    return scored_layers(tagger, pruners.get(name), layers, features=features, targets=TARGETS).scores


def built(cls):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return cls()


@pytest.mark.parametrize(
    "name", ["l1", "bn_scale", "operator_norm", "taylor", "obd", "hrank", "energy", "apoz", "entropy", "chip"]
)
def test_criteria_score_a_convolution_over_time_as_one_over_maps(name):
    model = built(OverTime)
    found, expected = scores(model, name, ["one"]), scores(OverMaps(model), name, ["one"])
    torch.testing.assert_close(found["one"], expected["one"], rtol=1e-4, atol=1e-6)


def test_thinet_reads_convolutions_over_time():
    model = built(OverTime)
    for layer in ("one", "two"):
        found, expected = scores(model, "thinet", [layer]), scores(OverMaps(model), "thinet", [layer])
        assert torch.equal(found[layer], expected[layer])


def test_thinet_reads_tokens():
    model = built(Tokens)
    found, expected = scores(model, "thinet", ["one"]), scores(PointwiseOverTime(model), "thinet", ["one"])
    assert torch.equal(found["one"], expected["one"])
    assert found["one"].unique().numel() == 8


class LastAxis(nn.Module):
    """Linear layers over maps whose last axis holds the channels, as in a mixer: (clips, mels, frames, channels)."""

    def __init__(self, *, flat=False):
        super().__init__()
        self.stem, self.one, self.two = nn.Conv2d(1, 6, 8, stride=8), nn.Linear(6, 8), nn.Linear(8, 6)
        self.classes, self.flat = nn.Linear(6, 3), flat

    def forward(self, x):
        x = F.relu(self.stem(x)).permute(0, 2, 3, 1)
        x = x.flatten(1, 2) if self.flat else x
        return self.classes(self.two(F.relu(self.one(x))).flatten(1, -2).mean(1))


@pytest.mark.parametrize("name", ["variance", "thinet", "taylor", "group_fisher", "jacobian"])
@pytest.mark.parametrize("frames", [20, 64])  # 64 mels give 8 filters as many rows as there are filters
def test_positions_of_maps_with_the_channels_last_are_tokens(name, frames):
    maps, tokens = built(LastAxis), built(partial(LastAxis, flat=True))
    features = np.random.default_rng(1).normal(size=(5, frames, 64)).astype(np.float32)
    found, expected = (scores(model, name, ["one"], features)["one"] for model in (maps, tokens))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-9)
    if name == "variance":
        with torch.no_grad():
            x = F.relu(maps.stem(torch.from_numpy(features).transpose(1, 2)[:, None])).permute(0, 2, 3, 1)
            by_hand = F.relu(maps.one(x)).double().flatten(0, 2).var(0, correction=0)
        torch.testing.assert_close(found, by_hand, rtol=1e-5, atol=1e-9)
