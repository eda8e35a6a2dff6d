"""Filters masked along a training: against a slow twin, exactly 0 when it ends, resumed to the bit."""

import copy

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from prunebench.harness import Cnn14
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.masking import masked as masked_copy
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.training.filter_masks import Masking
from prunebench.harness.training.loop import _step_generator, batches, train
from prunebench.harness.training.prediction import channels_last
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.state import TrainingState
from prunebench.harness.training.training import Training

CLIPS, STEPS = 12, 5
RECIPE = Recipe(steps=STEPS, batch=4, clip_norm=0.1, weight_decay=0.1)
CHOICES = ({"C9": (1,), "C12": (0,)}, {"C9": (1, 2), "C12": (0,)}, {"C9": (0, 3), "C12": (1,)})


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    return rng.normal(-40, 10, (CLIPS, 48, 64)).astype(np.float32), rng.random((CLIPS, 3)) < 0.5


def model():
    return tagger_of(Cnn14((2,) * 8 + (4,) * 4, n_classes=3, embedding=4, seed=1))


def choose(tagger, number, masked):
    assert masked == ({} if number == 0 else CHOICES[number - 1])
    return CHOICES[number]


def masking_of(held):
    return Masking((0, 3) if held else (0, 3, STEPS), choose, held=held)


def trained(clips, held, **given):
    tagger, masking = model(), masking_of(held)
    train(tagger, Training(*clips, RECIPE, seed=3, masking=masking, **given))
    return tagger, masking


def twin(clips, held):
    """The same steps by torch alone: masked filters are 0 in a masked copy, whose weights are taken."""
    tagger, chosen = model(), None
    module = channels_last(tagger.model).train()  # dropout draws in the order of memory
    optimiser = torch.optim.AdamW(module.parameters(), lr=RECIPE.learning_rate, weight_decay=0.1, fused=False)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, RECIPE.rate_at)

    def mute():
        module.load_state_dict(masked_copy(module, tagger.groups, chosen).state_dict())

    def weights_alone():
        for layer, rows in chosen.items():
            with torch.no_grad():
                module.convolution(layer).weight[list(rows)] = 0

    for step, rows in enumerate(batches(CLIPS, RECIPE, 3)):
        if step in (0, 3):
            chosen = CHOICES[(0, 3).index(step)]
            mute() if held else weights_alone()
        torch.random.manual_seed(int(torch.randint(2**62, (), generator=_step_generator(3, step))))
        x, y = torch.from_numpy(clips[0][rows]), torch.from_numpy(clips[1][rows]).float()
        optimiser.zero_grad()
        F.binary_cross_entropy_with_logits(tagger.logits(x), y).backward()
        if held:
            ones = copy.deepcopy(module)
            for parameter in ones.parameters():
                torch.nn.init.ones_(parameter)
            ones = masked_copy(ones, tagger.groups, chosen)  # what is 0 there has no gradient
            for one, parameter in zip(ones.parameters(), module.parameters(), strict=True):
                if parameter.grad is not None:
                    parameter.grad[one == 0] = 0
        torch.nn.utils.clip_grad_norm_(module.parameters(), RECIPE.clip_norm)
        optimiser.step()
        schedule.step()
        if held:
            mute()
    if not held:
        chosen = CHOICES[2]
        mute()
    return module.eval()


@pytest.mark.parametrize("held", [True, False])
def test_a_masked_training_is_that_of_its_slow_twin(clips, held):
    tagger, masking = trained(clips, held)
    expected = twin(clips, held).state_dict()
    for name, values in tagger.model.state_dict().items():
        assert torch.allclose(values, expected[name], atol=1e-6), name
    assert masking.masked == CHOICES[1 if held else 2]


@pytest.mark.parametrize("shift", [0.5, -0.5])
def test_filters_that_are_not_held_recover_unless_the_rectifier_cuts_them_off(clips, shift):
    tagger, seen = model(), []
    with torch.no_grad():
        tagger.model.batch_norm("C9").bias.fill_(shift)

    def look(tagger, number, masked):
        seen.append(float(tagger.model.convolution("C9").weight[1].detach().abs().sum()))
        return {"C9": (1,)}

    train(tagger, Training(*clips, RECIPE, seed=3, masking=Masking((0, 3, STEPS), look, held=False)))
    assert seen[0] > 0
    assert (seen[1] > 0) == (shift > 0)  # it was set to 0 before the first step, three steps ago


@pytest.mark.parametrize(
    ("label", "tail"),
    [("cnn14[width=0.03125]", True), ("mobilenet_v2[width=0.125]", False), ("mn[width=0.1]", False)],
)
@pytest.mark.parametrize("held", [True, False])
def test_removing_what_is_masked_changes_nothing(label, tail, held):
    """Also where several layers write a group, a gate scales it, and no rectifier stands behind it."""
    network, rng = resolve_network(label), np.random.default_rng(0)
    tagger = Tagger(network, network.build(3, seed=0))
    features = rng.normal(-40, 10, (6, 48, network.frontend.mels)).astype(np.float32)
    targets = rng.random((6, 3)) < 0.5
    groups = [g for g in tagger.groups if g.filters > 2 and (not tail or g.name in ("C9", "C12"))]
    x = torch.from_numpy(features)
    with torch.no_grad():
        inputs = tagger.stem_outputs(x).numpy() if tail else features

    def half(tagger, number, masked):
        return {group.name: tuple(range(number, group.filters // 2 + number)) for group in groups}

    times = (0, 1) if held else (0, 1, 2)
    masking = Masking(times, half, held=held)
    recipe = Recipe(steps=2, batch=4, learning_rate=1e-2)
    train(tagger, Training(inputs, targets, recipe, seed=0, tail=tail, masking=masking))
    with torch.no_grad():
        removed = tagger.without(masking.masked)
        expected, found = tagger.logits(x), removed.logits(x)
    assert sum(removed.widths) < sum(tagger.widths)
    assert float((found - expected).abs().max()) <= 1e-5 * max(1.0, float(expected.abs().max()))


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("stop", [2, 3, STEPS])
def test_the_same_bits_and_masks_wherever_it_stopped(clips, tmp_path, held, stop):
    def interrupt(done, total):
        if done == stop:
            raise Interrupted

    expected, before = trained(clips, held)
    with pytest.raises(Interrupted):
        trained(clips, held, state=TrainingState(tmp_path / "state.pt", 0), progress=interrupt)
    found, masking = trained(clips, held, state=TrainingState(tmp_path / "state.pt", 0))
    assert masking.masked == before.masked
    for name, values in found.model.state_dict().items():
        assert values.numpy().tobytes() == expected.model.state_dict()[name].numpy().tobytes(), name
