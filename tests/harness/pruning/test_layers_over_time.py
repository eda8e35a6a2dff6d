"""Convolutions over time and tokens: the scores are those of the same layer written as one over maps."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunebench import harness, pruners
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.pruning.scoring import score_layers


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


def scores(model, name, layers):
    tagger = Tagger(harness.traced(head=("classes",)), model.eval())
    return score_layers(tagger, pruners.get(name), layers, features=FEATURES, targets=TARGETS)


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
