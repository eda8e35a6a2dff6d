"""Groups of any module: what goes together, what never votes, what cannot be removed."""

import time

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunebench.eval.errors import InputError
from prunebench.harness import Cnn14
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.networks.groups.masking import masked
from prunebench.harness.networks.groups.traced_groups import traced_groups
from prunebench.harness.networks.plugins.cnn14_network import cnn14_groups


class Gate(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.down, self.up = nn.Conv2d(channels, 4, 1), nn.Conv2d(4, channels, 1)

    def forward(self, x):
        return x * F.hardsigmoid(self.up(F.relu(self.down(x.mean((2, 3), keepdim=True)))))


class Block(nn.Module):
    """1×1, depthwise, gate, 1×1 and a shortcut, as in MobileNetV3."""

    def __init__(self, channels, wide):
        super().__init__()
        self.expand, self.bn1 = nn.Conv2d(channels, wide, 1, bias=False), nn.BatchNorm2d(wide)
        self.depth, self.bn2 = (
            nn.Conv2d(wide, wide, 3, padding=1, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
        )
        self.gate = Gate(wide)
        self.project, self.bn3 = nn.Conv2d(wide, channels, 1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, x):
        inner = F.hardswish(self.bn1(self.expand(x)))
        inner = self.gate(F.hardswish(self.bn2(self.depth(inner))))
        return x + self.bn3(self.project(inner))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.bn = nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.blocks = nn.Sequential(Block(8, 12), Block(8, 16))
        self.dense = nn.Conv2d(8, 6, 3, padding=1)
        self.hidden, self.classes = nn.Linear(14, 10), nn.Linear(10, 5)

    def forward(self, x):
        x = self.blocks(F.relu(self.bn(self.stem(x))))
        x = torch.cat([x, F.relu(self.dense(x))], 1)
        x = x.mean((2, 3))
        return self.classes(F.relu(self.hidden(x)))


@pytest.fixture
def net():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Net().eval()
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.uniform_(module.bias, -0.5, 0.5)
                nn.init.uniform_(module.running_mean, -0.5, 0.5)
                nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model


EXAMPLE = torch.zeros(1, 1, 12, 12)


def found(model, head=("classes",), example=EXAMPLE):
    return {g.name: g for g in traced_groups(model, example, lambda m, x: m(x), head=head)}


def test_every_group_with_its_writers_and_readers(net):
    groups = found(net)
    assert {name: [w.module for w in g.writers] for name, g in groups.items()} == {
        "stem": ["stem", "blocks.0.project", "blocks.1.project"],
        "blocks.0.expand": ["blocks.0.expand"],
        "blocks.0.gate.down": ["blocks.0.gate.down"],
        "blocks.1.expand": ["blocks.1.expand"],
        "blocks.1.gate.down": ["blocks.1.gate.down"],
        "dense": ["dense"],
        "hidden": ["hidden"],
    }
    assert set(groups["blocks.0.expand"].readers) == {
        "blocks.0.project",
        "blocks.0.gate.down",
    }
    assert {name: g.filters for name, g in groups.items()}["blocks.1.expand"] == 16
    assert groups["dense"].expanded == {"hidden"}  # behind other filters, side by side
    assert groups["dense"].only_reader is None
    assert groups["hidden"].only_reader == "classes"


def test_activations_are_taken_after_what_follows_at_once(net):
    writers = {w.module: w for group in found(net).values() for w in group.writers}
    assert (writers["stem"].norm, writers["stem"].observed, writers["stem"].activation) == (
        "bn",
        "bn",
        "relu",
    )
    assert writers["blocks.0.expand"].activation == "hardswish"
    assert writers["blocks.0.project"].activation == "identity"  # a sum follows
    assert (writers["dense"].norm, writers["dense"].observed) == (None, "dense")
    assert writers["dense"].activation == "relu"


class NormAct(nn.BatchNorm2d):
    """A batch norm that ends in a non-linearity, as those of timm."""

    def __init__(self, channels, activation):
        super().__init__(channels)
        self.act = activation

    def forward(self, x):
        x = F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, self.training)
        return self.act(x)


@pytest.mark.parametrize(
    ("within", "behind", "expected"),
    [
        (nn.ReLU(), nn.Identity(), "relu"),  # it changes nothing the second time
        (nn.ReLU6(), nn.Identity(), "relu6"),
        (nn.Hardswish(), nn.Identity(), "identity"),  # applied already in what is observed
        (nn.Hardswish(), nn.ReLU(), "identity"),
        (nn.Identity(), nn.SiLU(), "silu"),
    ],
)
def test_a_batch_norm_with_a_nonlinearity_of_its_own(within, behind, expected):
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)]
    net = nn.Sequential(nn.Conv2d(1, 8, 3), NormAct(8, within), behind, *head).eval()
    (group,) = found(net, head=("5",)).values()
    (writer,) = group.writers
    assert (writer.norm, writer.observed, writer.activation) == ("1", "1", expected)


def test_removed_is_masked(net):
    groups = list(found(net).values())
    draw = np.random.default_rng(0)
    removed = {g.name: sorted(draw.permutation(g.filters)[: g.filters // 2].tolist()) for g in groups}
    x = torch.randn(3, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    small = cut(net, groups, removed)
    with torch.no_grad():
        expected, got = masked(net, groups, removed)(x), small(x)
        before = net(x)
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-6)
    assert (expected - before).abs().max() > 0.01
    assert small.blocks[0].depth.groups == 6
    assert small.hidden.in_features == (8 + 6) // 2
    assert {g.name: g.filters for g in found(small).values()} == {
        g.name: g.filters - len(removed[g.name]) for g in groups
    }


def test_the_model_is_left_as_it_was(net):
    net.train()
    net.stem.weight.requires_grad_(False)
    net.hidden.weight.grad = torch.ones_like(net.hidden.weight)
    state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    groups = found(net)
    cut(net, list(groups.values()), {"stem": [0]})
    assert all(torch.equal(tensor, state[name]) for name, tensor in net.state_dict().items())
    assert all(module.training for module in net.modules())
    assert not net.stem.weight.requires_grad
    assert torch.equal(net.hidden.weight.grad, torch.ones_like(net.hidden.weight))
    assert not any(module._forward_hooks for module in net.modules())


def test_groups_of_cnn14_are_those_of_the_graph():
    model = Cnn14([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], 5, 7).eval()
    traced = traced_groups(
        model, torch.zeros(1, 64, 64), lambda m, x: m.from_log_mel(x).logits, head=("fc1", "fc_audioset")
    )
    own = cnn14_groups(model)
    assert [g.filters for g in own] == [g.filters for g in traced]
    for mine, theirs in zip(own, traced, strict=True):
        assert mine.writers == theirs.writers
        assert mine.readers == theirs.readers
        assert {(c.tensor, c.axis) for c in mine.cuts} == {(c.tensor, c.axis) for c in theirs.cuts}
        assert all(c.filters is None for c in theirs.cuts)


@pytest.mark.parametrize(
    ("head", "message"),
    [((), "must name its head.*their outputs would be pruned"), (("clases",), "has no module `clases`")],
)
def test_a_head_must_be_named(net, head, message):
    with pytest.raises(InputError, match=message):
        found(net, head)


class Grouped(nn.Module):
    def __init__(self, middle):
        super().__init__()
        self.one, self.middle, self.two = nn.Conv2d(1, 8, 3), middle, nn.Conv2d(8, 4, 3)
        self.classes = nn.Linear(4, 2)

    def forward(self, x):
        return self.classes(F.relu(self.two(self.middle(self.one(x)))).mean((2, 3)))


@pytest.mark.parametrize(
    "middle", [nn.Conv2d(8, 8, 3, groups=2), nn.GroupNorm(4, 8), nn.LayerNorm([8, 10, 10])]
)
def test_what_cannot_be_removed_exactly_is_left_out(middle):
    assert list(found(Grouped(middle))) == ["two"]


class Endless(nn.Module):
    def __init__(self):
        super().__init__()
        self.classes = nn.Linear(4, 2)

    def forward(self, x):
        while True:
            time.sleep(0.001)


def test_a_search_that_does_not_end_is_given_up():
    began = time.perf_counter()
    with pytest.raises(InputError, match=r"within 0 s\. In Endless it did not"):
        traced_groups(Endless(), EXAMPLE, lambda m, x: m(x), head=("classes",), limit=0.3)
    assert time.perf_counter() - began < 5


def test_a_forward_pass_that_fails_is_one_sentence(net):
    with pytest.raises(
        InputError,
        match=r"Net must run on features of shape \(1, 3, 12, 12\).* Found RuntimeError.*`forward=`",
    ):
        found(net, example=torch.zeros(1, 3, 12, 12))


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 6, 3, padding=1)
        self.memory, self.classes = kind(6, 6, batch_first=True), nn.Linear(6, 2)

    def forward(self, x):
        return self.classes(self.memory(self.two(F.relu(self.one(x))).mean(2).mT)[0].mean(1))


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_filters_that_a_recurrent_layer_reads_stay_and_all_others_can_go(kind):
    assert list(found(Recurrent(kind))) == ["one"]


class Flattened(nn.Module):
    """torch-pruning 1.6.1 takes the second half of what is joined and flattened for the first."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.classes = nn.Linear(16 * 4, 2)

    def forward(self, x):
        x = F.relu(self.one(x))
        return self.classes(F.adaptive_avg_pool2d(torch.cat([x, F.relu(self.two(x))], 1), 2).flatten(1))


def test_a_graph_that_is_wrong_is_refused():
    with pytest.raises(InputError, match="The traced graph is wrong"):
        found(Flattened())


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        ({"nowhere": [0]}, "Filters can be removed only from the groups stem, .* Found `nowhere`"),
        ({"dense": range(6)}, "must keep at least one filter"),
        ({"dense": [6]}, "its filters are numbered 0 … 5"),
        ({"dense": [-1]}, "its filters are numbered 0 … 5"),
    ],
)
def test_cuts_that_cannot_be_made(net, removed, message):
    with pytest.raises(ValueError, match=message):
        cut(net, list(found(net).values()), removed)
