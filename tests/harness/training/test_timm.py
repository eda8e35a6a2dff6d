"""Networks of timm are trained, get another head and are recalibrated as any network."""

import copy

import numpy as np
import pytest
import torch

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.pruning.recalibration import recalibrate
from prunebench.harness.training.head import train_head, with_new_head
from prunebench.harness.training.loop import train
from prunebench.harness.training.prediction import predict
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.training import Training

pytestmark = pytest.mark.usefixtures("timm")
LABELS = ("timm:test_resnet", "timm:test_efficientnet", "timm:test_vit")
CLIPS, CLASSES = 6, 3


def tagger(label):
    network = resolve_network(label)
    return Tagger(network, network.build(CLASSES, seed=1))


def clips():
    rng = np.random.default_rng(0)
    return rng.normal(-40, 20, (CLIPS, 60, 64)).astype(np.float32), rng.random((CLIPS, CLASSES)) < 0.5


def changed(found, before):
    return {
        name for name, tensor in found.model.state_dict().items() if not torch.equal(tensor, before[name])
    }


@pytest.mark.parametrize("label", LABELS)
def test_every_layer_learns_and_the_same_seed_gives_the_same_bits(label):
    inputs, targets = clips()
    states = []
    for _ in range(2):
        found = tagger(label)
        before = copy.deepcopy(found.model.state_dict())
        recipe = Recipe(steps=3, batch=CLIPS, mixup=1.0, spec_augment=True)
        train(found, Training(inputs, targets, recipe, 0))
        moved = changed(found, before)
        assert {name for name, _ in found.model.named_parameters()} - moved == set()
        assert {"bn0.running_mean", "bn0.weight"} <= moved
        states.append(found.model.state_dict())
    assert all(torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())
    found.model.load_state_dict(states[0])
    recalibrate(found, inputs, np.arange(CLIPS))
    assert "bn0.running_mean" in changed(found, states[0])


@pytest.mark.parametrize("label", LABELS)
def test_only_a_new_head_learns(label):
    inputs, _ = clips()
    targets = np.random.default_rng(1).random((CLIPS, 5)) < 0.5
    found = with_new_head(tagger(label), 5, 2)
    before = copy.deepcopy(found.model.state_dict())
    train_head(found, inputs, targets, Recipe(steps=2, batch=CLIPS), seed=0)
    (head,) = found.network.head
    assert changed(found, before) == {f"{head}.weight", f"{head}.bias"}
    assert predict(found, inputs).shape == (CLIPS, 5)
