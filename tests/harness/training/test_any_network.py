"""Training, prediction and new heads of networks beside Cnn14, at small widths."""

import copy
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunebench.eval.errors import InputError
from prunebench.harness.config.prune_table import cnn14_scopes
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.frontend import PANNS
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.pruning.recalibration import recalibrate
from prunebench.harness.training.head import embeddings, train_head, with_new_head
from prunebench.harness.training.loop import set_prior, train
from prunebench.harness.training.prediction import predict, predictions, stem_outputs
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.training import Training

LABELS = [
    "cnn6[width=0.0625]",
    "cnn10[width=0.0625]",
    "resnet22[width=0.03125]",
    "mobilenet_v1[width=0.0625]",
    "mobilenet_v2[width=0.125]",
    "mn[width=0.1]",
    "wavegram_logmel_cnn14[width=0.03125]",
    "cnn14_decision_level_max[width=0.03125]",
]
CLIPS, CLASSES = 12, 3


class Pooled(nn.Module):
    """A batch norm of means over time, and a head of two layers."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(64)
        self.hidden, self.classes = nn.Linear(64, 8), nn.Linear(8, n_classes)


@dataclass(frozen=True)
class PooledNetwork(Network):
    name: ClassVar[str] = "pooled"
    heads: ClassVar[tuple[str, ...]] = ("classes",)

    @property
    def frontend(self) -> Any:
        return PANNS

    @property
    def head(self) -> tuple[str, ...]:
        return self.heads

    def build(self, n_classes: int, *, seed: int) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return Pooled(n_classes).eval()

    def logits(self, model: nn.Module, features: torch.Tensor) -> torch.Tensor:
        return model.classes(F.relu(model.hidden(model.norm(features.mean(1)))))


@dataclass(frozen=True)
class TwoHeads(PooledNetwork):
    heads: ClassVar[tuple[str, ...]] = ("hidden", "classes")


def tagger(label: str, seed: int = 1) -> Tagger:
    network = resolve_network(label)
    return Tagger(network, network.build(CLASSES, seed=seed))


def clips_for(found: Tagger, clips: int = CLIPS):
    rng = np.random.default_rng(0)
    shape = found.network.example(found.model).shape[1:]
    return rng.normal(0, 1, (clips, *shape)).astype(np.float32), rng.random((clips, CLASSES)) < 0.5


def changed(found: Tagger, before: dict[str, torch.Tensor]) -> set[str]:
    return {
        name for name, tensor in found.model.state_dict().items() if not torch.equal(tensor, before[name])
    }


def state_of(found: Tagger) -> dict[str, torch.Tensor]:
    return copy.deepcopy(found.model.state_dict())


@pytest.mark.parametrize("label", LABELS)
def test_every_layer_learns_and_the_same_seed_gives_the_same_bits(label):
    states = []
    for _ in range(2):
        found = tagger(label)
        inputs, targets = clips_for(found)
        before, asked = state_of(found), []
        recipe = Recipe(steps=3, batch=6, mixup=1.0, spec_augment="wavegram" not in label)

        def evaluate(model, asked=asked):
            asked.append(model)
            return 0.5

        train(found, Training(inputs, targets, recipe, 0, evaluate=evaluate, evaluate_every=3))
        assert asked == [found] * 2
        assert not found.model.training
        moved = changed(found, before)
        names = {name for name, parameter in found.model.named_parameters() if parameter.requires_grad}
        # A residual block begins with a last scale of 0, so at the first step nothing reaches what is before it.
        assert names - moved == set()
        states.append(state_of(found))
    assert all(torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())


@pytest.mark.parametrize("label", LABELS)
def test_probabilities_are_sigmoids_of_the_logits(label):
    found = tagger(label)
    inputs, _ = clips_for(found)
    with torch.no_grad():
        expected = torch.sigmoid(found.logits(torch.from_numpy(inputs))).numpy()
    np.testing.assert_allclose(predict(found, inputs, batch=5), expected, atol=1e-6)
    np.testing.assert_allclose(predictions(found, inputs, Recipe(steps=1)), expected, atol=1e-6)
    np.testing.assert_allclose(
        predict(found.model, inputs), expected, atol=1e-6
    )  # a module of ours needs no network


@pytest.mark.parametrize("label", [label for label in LABELS if "level" not in label])
def test_only_a_new_head_learns(label):
    found = with_new_head(tagger(label), 4, 2)
    assert isinstance(found, Tagger)
    assert found.n_classes == 4
    inputs, _ = clips_for(found)
    targets = np.random.default_rng(1).random((CLIPS, 4)) < 0.5
    set_prior(found, targets)
    odds = (targets.sum(0) + 0.5) / (CLIPS + 0.5 - targets.sum(0))
    head = found.model.get_submodule(found.network.head[-1])
    np.testing.assert_allclose(head.bias.detach(), np.log(odds), rtol=1e-5)
    before = state_of(found)

    def loss():
        with torch.no_grad():
            logits = found.logits(torch.from_numpy(inputs))
        return F.binary_cross_entropy_with_logits(logits, torch.from_numpy(targets).float())

    first = loss()
    train_head(found, inputs, targets, Recipe(steps=40, batch=12, learning_rate=0.05), seed=0)
    assert changed(found, before) == {f"{found.network.head[-1]}.{part}" for part in ("weight", "bias")}
    assert loss() < first


def test_what_a_head_reads_is_what_gives_the_logits():
    found = tagger("mn[width=0.1]")
    inputs, _ = clips_for(found)
    with torch.no_grad():
        logits = found.model.classifier[5](torch.from_numpy(embeddings(found, inputs, batch=5)))
        torch.testing.assert_close(logits, found.logits(torch.from_numpy(inputs)))


def test_a_new_head_of_a_pruned_module_is_a_module_that_reads_as_much():
    found = tagger("mn[width=0.1]")
    group = next(group for group in found.groups if "classifier.5" in group.readers)
    small = cut(found.model, found.groups, {group.name: range(5)})
    new = with_new_head(small, 4, 2)
    assert tuple(new.classifier[5].weight.shape) == (4, group.filters - 5)
    inputs, targets = clips_for(found)
    train_head(new, inputs, targets[:, [0, 1, 2, 0]], Recipe(steps=2, batch=4), seed=0)
    assert predict(new, inputs).shape == (CLIPS, 4)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (tagger("cnn14_decision_level_max[width=0.03125]"), "is used otherwise"),
        (Tagger(TwoHeads(), TwoHeads().build(CLASSES, seed=0)), "has 2 modules"),
    ],
)
def test_a_head_that_cannot_be_trained_alone_is_refused(found, sentence):
    inputs, targets = clips_for(found)
    before = state_of(found)
    with pytest.raises(InputError, match=f'{sentence}: train every layer with `model.adapt = "all"`'):
        train_head(found, inputs, targets, Recipe(steps=1, batch=4), seed=0)
    assert changed(found, before) == set()


def test_a_head_without_biases_has_no_prior():
    found = Tagger(PooledNetwork(), PooledNetwork().build(CLASSES, seed=0))
    found.model.classes = nn.Linear(8, CLASSES, bias=False)
    before = state_of(found)
    set_prior(found, clips_for(found)[1])
    assert changed(found, before) == set()


@pytest.mark.parametrize("label", LABELS)
def test_the_tail_learns_on_outputs_of_the_stem_which_stays(label):
    found = tagger(label)
    inputs, targets = clips_for(found)
    stem = np.concatenate(list(stem_outputs(found, inputs, batch=5)))
    np.testing.assert_allclose(predict(found, stem, tail=True), predict(found, inputs), atol=1e-6)
    before = state_of(found)
    train(found, Training(stem, targets, Recipe(steps=3, batch=6), 0, tail=True))
    recalibrate(found, stem, np.arange(CLIPS), tail=True)
    learnt = {
        name for name, p in found.model.named_parameters() if p.requires_grad and not found.in_stem(name)
    }
    kept = {name for name in before if found.in_stem(name)}
    moved = changed(found, before)
    assert learnt - moved == kept & moved == set()
    assert any(name.endswith("running_mean") for name in moved)
    after = np.concatenate(list(stem_outputs(found, inputs, batch=5)))
    np.testing.assert_allclose(after, stem, rtol=1e-4, atol=1e-5)  # training lays weights out channels-last


@pytest.mark.parametrize("label", LABELS)
def test_groups_in_the_tail_leave_what_the_stem_gives(label):
    found = tagger(label)
    inputs, _ = clips_for(found)
    within = found.network.groups_in_tail(found.groups)
    assert 0 < len(within) < len(found.groups)
    assert found.scope("tail") == within
    small = Tagger(found.network, cut(found.model, found.groups, {name: [0] for name in within}))
    expected, after = (np.concatenate(list(stem_outputs(model, inputs))) for model in (found, small))
    np.testing.assert_array_equal(after, expected)
    state = found.model.state_dict()
    for name in {group.name for group in found.groups} - set(within):
        cuts = cut(found.model, found.groups, {name: [0]}).state_dict()
        assert any(found.in_stem(key) and cuts[key].shape != tensor.shape for key, tensor in state.items())


def test_cnn14_has_the_tail_that_it_had():
    found = tagger("cnn14[width=0.0625]")
    assert found.network.groups_in_tail(found.groups) == tuple(f"C{number}" for number in range(7, 13))
    assert found.scope("tail") == found.scope("C7-C12")
    assert [scope.label for scope in cnn14_scopes(["tail"])] == ["C7-C12"]


def test_a_network_without_a_tail_says_so():
    found = Tagger(PooledNetwork(), PooledNetwork().build(CLASSES, seed=0))
    inputs, targets = clips_for(found)
    with pytest.raises(InputError, match=r"`pooled` has no tail .* use the scope `all`"):
        train(found, Training(inputs, targets, Recipe(steps=1, batch=4), 0, tail=True))
    with pytest.raises(InputError, match=r"`pooled` has no tail .* use the scope `all`"):
        found.network.parse_scope("tail", ())


def test_a_model_with_convolutions_in_three_dimensions_is_predicted():
    found = Tagger(PooledNetwork(), PooledNetwork().build(CLASSES, seed=0))
    inputs, _ = clips_for(found)
    expected = predict(found, inputs)
    found.model.unused = nn.Conv3d(1, 1, 1)
    np.testing.assert_array_equal(predict(found, inputs), expected)
