"""The loop adds the penalty after it has clipped; plain steps are those of a training without one, to the last bit."""

import dataclasses
import functools

import numpy as np
import pytest
import torch

from prunebench.eval import InputError
from prunebench.harness import Cnn14
from prunebench.harness.sparsity.group_lasso import GroupLasso
from prunebench.harness.sparsity.growing import Growing
from prunebench.harness.sparsity.slimming import Slimming
from prunebench.harness.training.fit import fit
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.loop import train
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.state import TrainingState
from prunebench.harness.training.training import Training

RECIPE = Recipe(steps=4, batch=4)
GROUPS = ("C7", "C8", "C12")


class Interrupted(Exception):
    pass


@pytest.fixture(scope="module")
def training():
    rng = np.random.default_rng(0)
    clips = rng.normal(-40, 10, (8, 48, 64)).astype(np.float32)
    return Training(clips, rng.random((8, 3)) < 0.5, RECIPE, seed=3)


def model():
    return Cnn14((2,) * 12, n_classes=3, embedding=4, seed=1)


def trained(training, method=None, **changes):
    made = model()
    penalty = None if method is None else functools.partial(method.begin, groups=GROUPS)
    train(made, dataclasses.replace(training, penalty=penalty, **changes))
    return {key: value.numpy().tobytes() for key, value in made.state_dict().items()}


METHODS = [Slimming(0.1), GroupLasso(0.1), Growing(1.0, increment=0.5, every=2)]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_penalty_of_no_strength_changes_no_bit_and_another_does(training, method):
    plain = trained(training)
    assert trained(training, dataclasses.replace(method, strength=0.0)) == plain
    assert trained(training, method) != plain


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_an_interrupted_training_comes_to_the_same_bits(training, method, tmp_path):
    """Also where the filters that are pressed are told by the weights before the first step."""

    def stop(done, total):
        if done == 3:
            raise Interrupted

    with pytest.raises(Interrupted):
        trained(training, method, state=TrainingState(tmp_path / "state.pt", 0), progress=stop)
    steps = []
    resumed = trained(
        training,
        method,
        state=TrainingState(tmp_path / "state.pt", 0),
        progress=lambda done, total: steps.append(done),
    )
    assert steps == [4]
    assert resumed == trained(training, method)


def test_the_gradient_of_the_loss_alone_is_clipped(training):
    """With SGD's step seen through the gradients: they are those of the clipped loss and of the penalty, added up."""
    found = {}

    def watched(tagger, strength):
        add = Slimming(strength).begin(tagger, GROUPS)
        scale = tagger.model.get_parameter("conv_block4.bn1.weight")

        def penalise(step):
            total = [p.grad.square().sum() for p in tagger.model.parameters() if p.grad is not None]
            found[strength, step, "norm"] = float(torch.stack(total).sum().sqrt())
            before = scale.grad.clone()
            add(step)
            found[strength, step] = (scale.grad - before, strength * scale.detach().sign())

        return penalise

    recipe = Recipe(steps=1, batch=4, clip_norm=1e-3)
    penalty = functools.partial(watched, strength=5.0)
    train(model(), dataclasses.replace(training, recipe=recipe, penalty=penalty))
    assert found[5.0, 0, "norm"] == pytest.approx(1e-3, rel=1e-3)
    assert torch.allclose(*found[5.0, 0])


def test_a_strong_penalty_brings_scales_down(training):
    recipe = Recipe(steps=12, batch=4, learning_rate=0.1)
    made, plain = model(), model()
    train(plain, dataclasses.replace(training, recipe=recipe))
    penalty = functools.partial(Slimming(1.0).begin, groups=GROUPS)
    train(made, dataclasses.replace(training, recipe=recipe, penalty=penalty))
    for name in ("conv_block4.bn1.weight", "conv_block6.bn2.weight"):
        assert made.get_parameter(name).abs().max() < 0.6 * plain.get_parameter(name).abs().max()
    assert made.get_parameter("conv_block1.bn1.weight").abs().min() > 0.5, "C1 is not in the groups"


def test_full_size_knows_no_penalty(training):
    full = dataclasses.replace(training, recipe=FullRecipe(steps=1, batch=4), penalty=Slimming().begin)
    with pytest.raises(InputError, match="Training at full size cannot take a penalty"):
        fit(model(), full)
