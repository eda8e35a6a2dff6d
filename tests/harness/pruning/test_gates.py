"""Gradients of gates and of whole groups, against explicit gate modules and loops, on networks of many kinds."""

from collections import defaultdict

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunebench import harness
from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.filter_group import Cut, Group, Writer
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.pruning.calibration import calibrate
from prunebench.harness.pruning.layer_views import layer_view
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.pruners import get

CLIPS, BATCH = 3, 2


class Tokens(nn.Module):
    """A convolution that linear layers read as tokens, and a hidden layer of tokens."""

    def __init__(self):
        super().__init__()
        self.stem, self.bn = nn.Conv2d(1, 6, 8, stride=8), nn.BatchNorm2d(6)
        self.mlp, self.back = nn.Linear(6, 10), nn.Linear(10, 6)
        self.classes = nn.Linear(6, 3)

    def forward(self, x):
        x = self.bn(self.stem(x)).relu().flatten(2).transpose(1, 2)
        x = x + self.back(F.gelu(self.mlp(x)))
        return self.classes(x.mean(1))


def shaken(model):
    """Scales, shifts and biases away from 1 and 0, so that none of them hides."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


@pytest.fixture(
    scope="module",
    params=(
        "cnn14[width=0.03125]",
        "resnet22[width=0.0625]",
        "mobilenet_v2[width=0.125]",
        "mn[width=0.1]",
        "wavegram_logmel_cnn14[width=0.03125]",
        "tokens",
    ),
)
def tagger(request):
    if request.param == "tokens":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            return Tagger(harness.traced(head=("classes",)), shaken(Tokens()))
    network = resolve_network(request.param)
    return Tagger(network, shaken(network.build(3, seed=0)))


@pytest.fixture(scope="module")
def shown(tagger):
    example = tagger.network.example(tagger.model)
    frames = np.random.default_rng(0).normal(size=(CLIPS, *example.shape[1:])).astype(np.float32)
    return frames, np.eye(3, dtype=bool)


def observed(tagger, name, shown, batch=BATCH):
    groups = [group.name for group in tagger.groups]
    view = {group: layer_view(tagger, group, whole=True) for group in groups}
    pruner = get(name)
    found = calibrate(tagger, pruner, groups, *shown, batch=batch, make_view=view.__getitem__)
    return {group: found[group][:, 0] / found[group][:, 1] for group in groups}


def gates_by_hand(tagger, shown):
    """One gate a group, in front of each of its readers; one clip after the other."""
    model = tagger.model
    gates = {g.name: torch.ones(g.filters, dtype=torch.float64, requires_grad=True) for g in tagger.groups}
    serves = defaultdict(list)
    for group in tagger.groups:
        for part in group.cuts:
            module = part.tensor.removesuffix(".weight")
            if module in group.readers and part.axis == 1:
                serves[module].append((group, part))

    def hook(module, inputs):
        x = inputs[0]
        axis = -1 if isinstance(module, nn.Linear) else 1
        for group, part in serves[names[module]]:
            entries = range(x.shape[axis]) if part.filters is None else part.filters.tolist()
            one = gates[group.name].new_ones(())
            factors = torch.stack([gates[group.name][k] if k >= 0 else one for k in entries])
            x = x * (factors if axis == -1 else factors.view(-1, *[1] * (x.ndim - 2)))
        return (x.to(inputs[0].dtype),)

    names = {model.get_submodule(name): name for name in serves}
    handles = [module.register_forward_pre_hook(hook) for module in names]
    total = {name: torch.zeros(len(gate), dtype=torch.float64) for name, gate in gates.items()}
    features, targets = (torch.from_numpy(part) for part in shown)
    for clip in range(CLIPS):
        logits = tagger.logits(features[clip : clip + 1])
        loss = F.binary_cross_entropy_with_logits(logits, targets[clip : clip + 1].float())
        for name, found in zip(gates, torch.autograd.grad(loss, list(gates.values())), strict=True):
            total[name] += found.square() / CLIPS
    for handle in handles:
        handle.remove()
    return total


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, values in expected.items():
        torch.testing.assert_close(found[name], values, rtol=2e-3, atol=1e-4 * float(values.max()), msg=name)
        assert float(values.max()) > 0


def test_group_fisher_is_that_of_explicit_gates(tagger, shown):
    expected = gates_by_hand(tagger, shown)
    assert_same(observed(tagger, "group_fisher", shown), expected)
    assert_same(observed(tagger, "group_fisher", shown, batch=CLIPS), expected)


def test_jacobian_is_that_of_an_explicit_loop(tagger, shown):
    own = {name: p for name, p in tagger.model.named_parameters() if p.requires_grad}  # front ends are fixed
    expected = {group.name: torch.zeros(group.filters, dtype=torch.float64) for group in tagger.groups}
    batches = [slice(first, first + BATCH) for first in range(0, CLIPS, BATCH)]
    for clips in batches:
        features, targets = (torch.from_numpy(part[clips]) for part in shown)
        loss = F.binary_cross_entropy_with_logits(tagger.logits(features), targets.float())
        gradients = dict(
            zip(own, torch.autograd.grad(loss, list(own.values()), materialize_grads=True), strict=True)
        )
        for group in tagger.groups:
            change = torch.zeros(group.filters, dtype=torch.float64)
            for part in group.cuts:
                if part.tensor in own:
                    terms = (own[part.tensor].double() * gradients[part.tensor].double()).detach()
                    for k in range(group.filters):
                        lost = ~part.stays([k], terms.shape[part.axis])
                        change[k] += terms.movedim(part.axis, 0)[torch.from_numpy(lost)].sum()
            expected[group.name] += change.square() / len(batches)
    assert_same(observed(tagger, "jacobian", shown), expected)


def test_the_model_is_left_as_it_was(tagger, shown):
    before = [p.detach().clone() for p in tagger.model.parameters()]
    tagger.model.train().requires_grad_(False)
    tagger.model.get_submodule(tagger.groups[0].readers[0]).weight.requires_grad_(True)
    required = [p.requires_grad for p in tagger.model.parameters()]
    observed(tagger, "group_fisher", shown)
    assert [p.requires_grad for p in tagger.model.parameters()] == required
    assert all(p.grad is None for p in tagger.model.parameters())
    assert tagger.model.training
    assert not any(module._forward_pre_hooks for module in tagger.model.modules())
    assert all(torch.equal(p, old) for p, old in zip(tagger.model.parameters(), before, strict=True))
    tagger.model.eval().requires_grad_(True)


class Folded(nn.Module):
    """Lays frames side by side as clips, so that a reader does not know which clip is which."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.classes = nn.Linear(64, 6), nn.Linear(6, 5), nn.Linear(5, 3)

    def forward(self, x):
        clips, frames = len(x), x.shape[3]
        x = self.second(self.first(x.transpose(2, 3).flatten(0, 2)).relu()).relu()
        return self.classes(x.reshape(clips, frames, 5).mean(1))


class Unasked(Folded):
    """Uses a layer's weight without calling the layer."""

    def forward(self, x):
        x = self.first(x.mean((1, 3))).relu()
        return self.classes(F.linear(x, self.second.weight, self.second.bias).relu())


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (
            Folded,
            r"needs gradients clip by clip\. Layer `second` reads a tensor of shape \(40, 6\) for 2 clips",
        ),
        (
            Unasked,
            r"needs the gradient of the input of layer `second`, but the model uses the weight of this layer",
        ),
    ],
)
def test_a_reader_that_cannot_be_gated_is_refused_in_a_sentence(kind, message):
    group = Group(
        "first",
        (Writer("first", None, "first"),),
        ("second",),
        6,
        (Cut("first.weight", 0), Cut("first.bias", 0), Cut("second.weight", 1)),
    )
    model = kind().eval()
    tagger = Tagger(harness.traced(head=("classes",)), model).with_model(model, (group,))
    features = np.zeros((2, 20, 64), np.float32)
    with pytest.raises(InputError, match=message):
        scored_layers(
            tagger, get("group_fisher"), ["first"], features=features, targets=np.eye(3, dtype=bool)[:2]
        )


@pytest.mark.parametrize("name", ["group_fisher", "jacobian"])
def test_clips_and_their_targets_are_asked_for(name):
    model = harness.Cnn14(widths=[2] * 12, n_classes=3, embedding=4)
    with pytest.raises(
        InputError, match=r"needs calibration clips, for gradients.* Found none: give training clips"
    ):
        scored_layers(model, get(name), ["C7"])
    with pytest.raises(InputError, match=r"reads gradients and needs the targets of its calibration clips"):
        scored_layers(model, get(name), ["C7"], features=np.zeros((2, 40, 64), np.float32))
