"""Pruners that are asked once a group, on networks whose groups have several writers and readers."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
import torch_pruning as tp

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.pruning.layer_views import layer_view
from prunebench.harness.pruning.scoring import scored_layers
from prunebench.pruners import BUILTIN, LayerView, Pruner, get

NETWORKS = (
    "cnn14[width=0.03125]",
    "resnet22[width=0.0625]",
    "mobilenet_v2[width=0.125]",
    "mn[width=0.1]",
    "wavegram_logmel_cnn14[width=0.03125]",
)


@pytest.fixture(scope="module", params=NETWORKS)
def tagger(request):
    network = resolve_network(request.param)
    model = network.build(3, seed=0)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        for parameter in model.parameters():  # biases and shifts of 0 would hide that they are left out
            parameter.add_(0.1 * torch.randn_like(parameter))
    return Tagger(network, model.eval())


def joint(tagger):
    """The groups where more than a writer, its norm and a reader go, at most five, and the last one."""
    several = [g for g in tagger.groups if len(g.writers) > 1 or len(g.readers) > 1 or g.expanded]
    return [*several[:5], tagger.groups[-1]]


@torch.no_grad()
def energy(model):
    return sum(float(parameter.double().square().sum()) for parameter in model.parameters())


def in_two_roles(tagger, group, k):
    """Squared weights that read filter k and write it, which surgery removes once."""
    roles = {}
    for part in group.cuts:
        roles.setdefault(part.tensor, []).append(part)
    own = dict(tagger.model.named_parameters())
    total = 0.0
    for name, (first, *more) in roles.items():
        if name in own and more:
            rows, columns = (
                ~torch.from_numpy(part.stays([k], own[name].shape[part.axis])) for part in (first, *more)
            )
            total += float(own[name].detach().double()[rows][:, columns].square().sum())
    return total


def test_group_norm_is_the_weight_that_surgery_removes(tagger):
    scores = scored_layers(tagger, get("group_norm"), [group.name for group in tagger.groups]).scores
    whole = energy(tagger.model)
    for group in joint(tagger):
        k = group.filters - 1
        gone = whole - energy(cut(tagger.model, tagger.groups, {group.name: [k]}))
        expected = gone + in_two_roles(tagger, group, k)
        assert float(scores[group.name][k]) == pytest.approx(expected, rel=1e-6), group.name


def test_torch_pruning_gives_the_same_group_norms(tagger):
    """Traced again by the library itself, which leaves out depthwise convolutions."""
    model, network = tagger.model, tagger.network
    names, own = dict(model.named_modules()), {name: p.detach() for name, p in model.named_parameters()}
    example = network.example(model)
    graph = tp.DependencyGraph().build_dependency(model, example, forward_fn=network.logits, verbose=False)
    importance = tp.importance.GroupMagnitudeImportance(
        p=2, group_reduction="sum", normalizer=None, bias=True
    )
    scores = scored_layers(tagger, get("group_norm"), [group.name for group in tagger.groups]).scores
    for group in tagger.groups:
        root = names[group.writers[0].module]
        every = list(range(group.filters))
        pruner = graph.get_pruner_of_module(root)
        theirs = importance(graph.get_pruning_group(root, pruner.prune_out_channels, every))
        depthwise = sum(
            own[part.tensor].double().flatten(1).square().sum(1)
            if own[part.tensor].ndim > 1
            else own[part.tensor] ** 2
            for part in group.cuts
            if part.tensor in own and getattr(names[part.tensor.rpartition(".")[0]], "groups", 1) > 1
        )
        torch.testing.assert_close((scores[group.name] - depthwise).float(), theirs, rtol=1e-4, atol=0)


@dataclass(frozen=True)
class Asked(Pruner):
    """Notes what it is asked for; scores are the number of members."""

    name: ClassVar[str] = "asked"
    reference: ClassVar[str] = ""
    whole_group: ClassVar[bool] = True
    own_budget: ClassVar[bool] = True
    asked: ClassVar[list] = []

    def score(self, layer: LayerView):
        self.asked.append(layer)
        return layer.weight.new_full((len(layer.weight),), len(layer.group))


def test_a_group_is_asked_for_once_with_all_its_parameters(tagger):
    Asked.asked.clear()
    scores = scored_layers(tagger, Asked(), [group.name for group in tagger.groups], reduction="max").scores
    assert [view.name for view in Asked.asked] == [group.name for group in tagger.groups] == list(scores)
    own = dict(tagger.model.named_parameters())
    for view, group in zip(Asked.asked, tagger.groups, strict=True):
        assert [m.name for m in view.group] == [part.tensor for part in group.cuts if part.tensor in own]
        assert scores[group.name].tolist() == [len(view.group)] * group.filters
        assert view.weight.shape == own[f"{group.writers[0].module}.weight"].shape
        for member in view.group:
            assert torch.equal(member.parameter, own[member.name])
            assert member.parameter.data_ptr() != own[member.name].data_ptr()


def test_other_pruners_see_their_layer_and_its_only_reader(tagger):
    group = next(group for group in tagger.groups if group.only_reader)
    view = layer_view(tagger, group.name)
    assert [member.axis for member in view.group] == [0] * (len(view.group) - 1) + [1]


def test_families():
    families = {name: get(name).family for name in BUILTIN}
    assert families["random"] == "control"
    assert (families["l1"], families["taylor"], families["group_norm"]) == ("one-layer", "data", "group")
    assert {name for name, found in families.items() if found == "control"} == {"random"}
