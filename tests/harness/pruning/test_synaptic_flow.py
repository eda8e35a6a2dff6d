"""Synaptic flow against products of matrices, finite differences and the law that it is conserved."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from prunebench import harness
from prunebench.eval.errors import InputError
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.pruning.linear_network import absolute
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.harness.pruning.synaptic_flow import flow_of_filters, mask, places_by_flow
from prunebench.pruners import get
from prunebench.pruners.synflow import SynFlow

WIDTHS = (3, 4, 3, 5, 4, 4, 6, 5, 6, 7, 6, 8)


class Chain(nn.Module):
    """1×1 convolutions with norms and every kind of non-linearity, so that R is a product of matrices."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.bn1 = nn.Conv2d(1, 5, 1), nn.BatchNorm2d(5)
        self.second, self.bn2 = nn.Conv2d(5, 7, 1, bias=False), nn.BatchNorm2d(7, affine=False)
        self.third, self.act = nn.Conv2d(7, 6, 1), nn.ReLU6(inplace=True)
        self.hidden, self.classes = nn.Linear(6, 4), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.hardswish(self.bn1(self.first(x)))
        x = self.act(self.third(F.relu_(self.bn2(self.second(x)))))
        x = F.max_pool2d(x, 2).mean((2, 3))
        return self.classes(F.gelu(self.hidden(x)))


class Gated(nn.Module):
    """A shortcut, a depthwise convolution and a squeeze-excite gate."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.bn = nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.wide, self.deep = nn.Conv2d(6, 8, 1), nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.squeeze, self.excite = nn.Linear(8, 4), nn.Linear(4, 8)
        self.back, self.classes = nn.Conv2d(8, 6, 3, padding=1), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn(self.stem(x)))
        y = F.relu6(self.deep(F.hardswish(self.wide(x))))
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(y.mean((2, 3))))))
        return self.classes((x + self.back(gate[:, :, None, None] * y)).amax((2, 3)))


def tagger(kind: type[nn.Module], seed: int = 1) -> Tagger:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Tagger(harness.traced(head=("classes",)), kind().eval())


@pytest.fixture(scope="module")
def chain() -> Tagger:
    return tagger(Chain)


@pytest.fixture(scope="module")
def gated() -> Tagger:
    return tagger(Gated)


@pytest.fixture(scope="module")
def cnn14() -> Tagger:
    return tagger_of(Cnn14(WIDTHS, n_classes=4, embedding=9, seed=1).eval())


def test_flow_is_conserved_in_every_layer(cnn14: Tagger) -> None:
    flows, total = flow_of_filters(absolute(cnn14), cnn14.groups)
    assert total > 0
    for flow in flows.values():
        assert float(flow.sum()) == pytest.approx(total, rel=1e-12)


def matrices(model: nn.Module) -> list[np.ndarray]:
    return [
        getattr(model, name).weight.detach().double().abs().flatten(1).numpy()
        for name in ("first", "second", "third", "hidden", "classes")
    ]


def flows_of(weights: list[np.ndarray]) -> tuple[list[np.ndarray], float]:
    """Of each layer: what comes in by 1ᵀ of the layers before, times what goes out."""
    found = []
    for layer in range(len(weights) - 1):
        into = np.ones(1)
        for weight in weights[: layer + 1]:
            into = weight @ into
        out = np.ones(len(weights[-1]))
        for weight in reversed(weights[layer + 1 :]):
            out = out @ weight
        found.append(into * out)
    return found, float(found[0].sum())


def test_flows_are_products_of_matrices(chain: Tagger) -> None:
    flows, total = flow_of_filters(absolute(chain), chain.groups)
    expected, whole = flows_of(matrices(chain.model))
    assert total == pytest.approx(whole, rel=1e-12)
    assert list(flows) == ["first", "second", "third", "hidden"]
    for flow, other in zip(flows.values(), expected, strict=True):
        np.testing.assert_allclose(flow.numpy(), other, rtol=1e-12)


@pytest.mark.parametrize("rounds", [1, 2, 5, 100])
def test_the_order_is_that_of_the_slow_walk(chain: Tagger, rounds: int) -> None:
    """Round by round in NumPy: flows anew, the least of all layers leave, the greatest of each layer stays."""
    weights = matrices(chain.model)
    filters = [len(weight) for weight in weights[:-1]]
    alive = {(layer, k) for layer, n in enumerate(filters) for k in range(n)}
    order = []
    for number in range(1, rounds + 1):
        flows, _ = flows_of(weights)
        kept = round(sum(filters) * (4 / sum(filters)) ** (number / rounds))
        greatest = set()
        for layer in range(4):
            own = [k for i, k in alive if i == layer]
            greatest.add((layer, max(own, key=lambda k: flows[layer][k])))
        for _ in range(len(alive) - kept):
            layer, k = min(alive - greatest, key=lambda one: flows[one[0]][one[1]])
            order.append((layer, k))
            alive.remove((layer, k))
            weights[layer][k] = 0
    found = scored_layers(chain, get(f"synflow[rounds={rounds}]"), chain.scope("all")).scores
    scores = list(found.values())
    every = [(layer, k) for layer, n in enumerate(filters) for k in range(n)]
    walked = sorted(every, key=lambda one: float(scores[one[0]][one[1]]))
    assert walked[: len(order)] == order
    assert len({layer for layer, _ in walked[len(order) :]}) == 4
    assert float(max(values.max() for values in scores)) == 1
    assert sorted(float(v) for values in scores for v in values) == pytest.approx(
        np.linspace(0, 1, sum(filters))
    )


def test_flow_is_the_derivative_by_a_factor_on_a_filter(gated: Tagger) -> None:
    """On all of the layers that write it; around a shortcut two do."""
    twin, step = absolute(gated), 1e-6
    flows, _ = flow_of_filters(twin, gated.groups)
    for group in gated.groups:
        if group.name == "squeeze":
            continue
        totals = []
        for factor in (1 + step, 1 - step):
            changed = twin.with_model(copy.deepcopy(twin.model), twin.groups)
            with torch.no_grad():
                for writer in group.writers:
                    changed.model.get_submodule(writer.module).weight[1] *= factor
            totals.append(flow_of_filters(changed, gated.groups)[1])
        assert float(flows[group.name][1]) == pytest.approx((totals[0] - totals[1]) / (2 * step), rel=1e-6)
    assert {len(group.writers) for group in gated.groups} == {1, 2}


def test_nothing_flows_through_the_weights_of_a_gate(gated: Tagger) -> None:
    scores = scored_layers(gated, SynFlow(), gated.scope("all")).scores
    assert scores["squeeze"].tolist() == [0] * 4
    assert all(len(values.unique()) == len(values) for name, values in scores.items() if name != "squeeze")


def test_the_scope_changes_no_score(cnn14: Tagger) -> None:
    every = scored_layers(cnn14, SynFlow(10), cnn14.scope("all")).scores
    assert torch.equal(scored_layers(cnn14, SynFlow(10), ["C7"]).scores["C7"], every["C7"])


def test_one_filter_of_each_layer_is_last(gated: Tagger) -> None:
    places = places_by_flow(gated, gated.groups, 10)
    every = sorted((float(v), name) for name, values in places.items() for v in values if name != "squeeze")
    assert len({name for _, name in every[-2:]}) == 2
    assert len(every) == 6 + 8


def test_norms_biases_and_signs_are_neutral(cnn14: Tagger) -> None:
    """Those of the front too: the network's input is ones."""
    expected = scored_layers(cnn14, SynFlow(10), cnn14.scope("all")).scores
    other = copy.deepcopy(cnn14.model)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for module in other.modules():
            if isinstance(module, nn.BatchNorm2d):
                for tensor in (module.weight, module.bias, module.running_mean):
                    tensor.normal_(generator=generator)
                module.running_var.uniform_(0.1, 9, generator=generator)
            elif isinstance(module, nn.Conv2d | nn.Linear):
                module.weight *= torch.randn(module.weight.shape, generator=generator).sign()
                if module.bias is not None:
                    module.bias.normal_(generator=generator)
    found = scored_layers(other, SynFlow(10), cnn14.scope("all")).scores
    assert all(torch.equal(found[layer], expected[layer]) for layer in expected)


def test_the_model_is_left_as_it_was(gated: Tagger) -> None:
    model = copy.deepcopy(gated.model).train()
    model.stem.weight.requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    held = gated.with_model(model, gated.groups)
    with torch.inference_mode():
        found = scored_layers(held, SynFlow(5), gated.scope("all")).scores
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert model.training
    assert not model.stem.weight.requires_grad
    assert all(parameter.grad is None for parameter in model.parameters())
    expected = scored_layers(gated, SynFlow(5), gated.scope("all")).scores
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_filters_that_were_masked_pass_nothing(cnn14: Tagger) -> None:
    twin = absolute(cnn14)
    alive = {group.name: torch.arange(group.filters) % 2 == 0 for group in cnn14.groups}
    mask(twin, cnn14.groups, alive)
    flows, total = flow_of_filters(twin, cnn14.groups)
    for name, flow in flows.items():
        assert flow[~alive[name]].tolist() == [0] * int((~alive[name]).sum())
        assert float(flow.sum()) == pytest.approx(total, rel=1e-12)


def scaled(tagger: Tagger, factor: float) -> Tagger:
    model = copy.deepcopy(tagger.model)
    with torch.no_grad():
        for group in tagger.groups:
            model.get_submodule(group.writers[0].module).weight.mul_(factor)
    return tagger.with_model(model, tagger.groups)


def test_flow_beyond_single_precision_is_ordered_as_ever(cnn14: Tagger) -> None:
    large = scaled(cnn14, 2.0**20)
    flows, total = flow_of_filters(absolute(large), large.groups)
    assert total > 1e38
    expected = scored_layers(cnn14, SynFlow(10), cnn14.scope("all")).scores
    found = scored_layers(large, SynFlow(10), cnn14.scope("all")).scores
    assert all(torch.equal(found[layer], expected[layer]) for layer in expected)
    assert all(bool(flow.isfinite().all()) for flow in flows.values())


def test_flow_beyond_double_precision_is_refused(cnn14: Tagger) -> None:
    with pytest.raises(
        InputError, match=r"flow of a network must be finite in double precision. Found inf for Cnn14"
    ):
        scored_layers(scaled(cnn14, 1e28), SynFlow(), cnn14.scope("all"))


class Single(Chain):
    """Casts to single precision."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float())


def test_a_model_that_does_not_run_in_double_precision(chain: Tagger) -> None:
    model = Single().eval()
    with pytest.raises(InputError, match="Single must run in double precision, because synaptic flow is"):
        places_by_flow(chain.with_model(model, chain.groups), chain.groups, 3)


@pytest.mark.parametrize("rounds", [0, 2.5])
def test_rounds_are_counted(rounds: float) -> None:
    with pytest.raises(
        ValueError, match=rf"`rounds` must be an integer from 1 to 10,000. Found `rounds = {rounds}`"
    ):
        get(f"synflow[rounds={rounds}]")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("label", "through_gates"),
    [("resnet22[width=0.125]", 0), ("mobilenet_v2[width=0.25]", 0), ("mn[width=0.1]", 8)],
)
def test_networks_of_the_suite(label: str, through_gates: int) -> None:
    """Every filter has a flow, but for the hidden ones of gates."""
    network = harness.resolve_network(label)
    held = Tagger(network, network.build(5, seed=0))
    flows, total = flow_of_filters(absolute(held), held.groups)
    assert 0 < total < 1e38
    silent = [name for name, flow in flows.items() if not bool((flow > 0).all())]
    assert len(silent) == through_gates
    assert all("fc1" in name for name in silent)
    smaller = harness.prune(held.model, "synflow[rounds=10]", 0.5, "all", network=network)
    assert bool(network.logits(smaller, network.example(smaller)).isfinite().all())
