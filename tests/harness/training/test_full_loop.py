"""The loop of full size: PANNs' step re-derived, resuming to the bit, devices."""

import copy
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from prunebench.eval.errors import InputError
from prunebench.eval.text.install_advice import how_to_get
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.training.fit import fit
from prunebench.harness.training.full_loop import train_full
from prunebench.harness.training.full_recipe import FullRecipe, check_devices
from prunebench.harness.training.placement import resolve_device
from prunebench.harness.training.prediction import predict, predictions
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.state import TrainingState
from prunebench.harness.training.tagging_loss import TaggingLoss
from prunebench.harness.training.training import Training

pytest.importorskip("accelerate")
CLIPS, CLASSES = 12, 3
RECIPE = FullRecipe(
    steps=6, batch=4, learning_rate=1e-3, warmup=0.0, weight_decay=0.0, clip_norm=float("inf"),
    spec_augment=True, mixup=1.0, evaluate_every=2,
)  # fmt: skip


def features():
    return np.random.default_rng(0).normal(-40, 10, (CLIPS, 64, 64)).astype(np.float32)


def test_predictions_of_a_model_that_was_being_trained_are_those_of_its_use():
    net = model()
    torch.nn.init.normal_(net.fc_audioset.weight, generator=torch.Generator().manual_seed(0))
    expected = predict(copy.deepcopy(net), features())
    found = predictions(net.train(), features(), RECIPE)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert not net.training
    small = predictions(net.train(), features(), Recipe(steps=1, batch=4))
    np.testing.assert_allclose(small, expected, atol=1e-6)
    assert not net.training


def targets():
    return np.random.default_rng(1).random((CLIPS, CLASSES)) < 0.5


def model():
    return Cnn14([2] * 12, CLASSES, 4, seed=3)


def trained(recipe=RECIPE, net=None, **options):
    net = net or model()
    course = train_full(net, Training(features(), targets(), recipe, seed=5, **options))
    return net, course


def assert_same_weights(one, other):
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name


def test_a_step_is_that_of_panns_written_slowly():
    net, x, y = model(), torch.from_numpy(features()[:4]), torch.from_numpy(targets()[:4]).float()
    hidden = torch.zeros(4, 64, 64, dtype=torch.bool)
    hidden[1, 10:20] = True
    weights = torch.tensor([0.3, 0.9])
    net.train()
    slow = copy.deepcopy(net)
    torch.manual_seed(0)
    loss = TaggingLoss(net)(x, y, hidden, weights)
    torch.manual_seed(0)
    normal = slow.bn0(x[:, None].transpose(1, 3)).transpose(1, 3)  # PANNs augments what bn0 gives
    normal = torch.where(hidden[:, None], torch.zeros(()), normal)
    mixed = torch.stack([0.3 * normal[0] + 0.7 * normal[1], 0.9 * normal[2] + 0.1 * normal[3]])
    labels = torch.stack([0.3 * y[0] + 0.7 * y[1], 0.9 * y[2] + 0.1 * y[3]])
    for number in range(1, 7):
        mixed = slow.block(number)(mixed)
        mixed = torch.nn.functional.avg_pool2d(mixed, 2) if number < 6 else mixed
        mixed = torch.nn.functional.dropout(mixed, 0.2)
    probabilities = slow.head(mixed).probabilities
    expected = -(labels * probabilities.log() + (1 - labels) * (1 - probabilities).log()).mean()
    torch.testing.assert_close(loss, expected)
    loss.backward()
    expected.backward()
    for one, other in zip(net.parameters(), slow.parameters(), strict=True):
        if other.grad is not None:
            torch.testing.assert_close(one.grad, other.grad, rtol=1e-3, atol=1e-6)


def test_adam_is_panns_and_the_rate_stays(monkeypatch):
    made = []
    adam = torch.optim.Adam
    monkeypatch.setattr(torch.optim, "Adam", lambda *a, **k: made.append(adam(*a, **k)) or made[-1])
    trained()
    group = made[0].param_groups[0]
    assert (group["lr"], group["betas"], group["eps"]) == (1e-3, (0.9, 0.999), 1e-8)
    assert (group["weight_decay"], group["amsgrad"]) == (0, True)


def test_mixup_draws_twice_the_batch_in_balance(monkeypatch):
    seen = []
    forward = TaggingLoss.forward
    monkeypatch.setattr(
        TaggingLoss,
        "forward",
        lambda self, x, *rest: seen.append((len(x), len(rest[2]))) or forward(self, x, *rest),
    )
    trained()
    assert seen == [(8, 4)] * 6


def test_the_last_iterate_is_kept_beside_the_best():
    quality = iter([0.3, 0.7, 0.5])
    at_best = []

    def evaluate(net):
        value = next(quality)
        if value == 0.7:
            at_best.append(copy.deepcopy(net.state_dict()))
        return value

    net, course = trained(evaluate=evaluate)
    assert course.curve == [(2, 0.3), (4, 0.7), (6, 0.5)]
    assert (course.best_step, course.best_validation_map) == (4, 0.7)
    for name, tensor in course.best.items():
        assert torch.equal(tensor, at_best[0][name])
    assert not torch.equal(course.best["fc1.weight"], net.fc1.weight)
    assert not net.training


@pytest.mark.parametrize(
    "recipe", [RECIPE, replace(RECIPE, accumulate=2, optimiser="adamw", schedule="cosine")]
)
def test_a_stopped_training_goes_on_to_the_same_bits(tmp_path, recipe):
    def evaluate(net):
        return float(net.fc1.weight.detach().abs().mean())

    undisturbed, whole = trained(recipe, evaluate=evaluate)

    def stop(done, steps):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(recipe, evaluate=evaluate, progress=stop, state=TrainingState(tmp_path / "state", 0))
    steps = []
    resumed, course = trained(
        recipe,
        evaluate=evaluate,
        progress=lambda done, total: steps.append(done),
        state=TrainingState(tmp_path / "state", 0),
    )
    assert steps == [4, 5, 6]
    assert_same_weights(resumed, undisturbed)
    assert course.curve == whole.curve
    assert course.best_step == whole.best_step


def test_the_seed_decides_and_the_global_generator_stays():
    before = torch.random.get_rng_state()
    one, _ = trained()
    assert torch.equal(torch.random.get_rng_state(), before)
    assert_same_weights(one, trained()[0])
    other = model()
    train_full(other, Training(features(), targets(), RECIPE, seed=6))
    assert not torch.equal(other.fc1.weight, one.fc1.weight)


def test_split_batches_have_the_gradient_of_the_whole(monkeypatch):
    # Without what depends on the parts: batch statistics, dropout and augmentation.
    monkeypatch.setattr(Cnn14, "train", lambda self, mode=True: torch.nn.Module.train(self, False))
    plain = replace(RECIPE, steps=1, mixup=0.0, spec_augment=False, optimiser="adamw", evaluate_every=0)
    gradients = []
    step = torch.optim.AdamW.step

    def watched(self, *rest, **more):
        gradients.append([p.grad.clone() for group in self.param_groups for p in group["params"]])
        return step(self, *rest, **more)

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    trained(plain)
    trained(replace(plain, accumulate=2))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_mixed_precision_keeps_weights_in_32_bits(monkeypatch):
    seen = []
    head = Cnn14.head

    def watched(self, x):
        found = head(self, x)
        seen.append(found.logits.dtype)
        return found

    monkeypatch.setattr(Cnn14, "head", watched)
    net, _ = trained(replace(RECIPE, steps=1, precision="bfloat16"))
    assert seen == [torch.bfloat16]
    assert {parameter.dtype for parameter in net.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"precision": "float16"}, "`float16` needs device `cuda`"),
        ({"accumulate": 3}, "must split into equal parts of at least 2 clips"),
        (
            {"devices": 4},
            "Found `batch = 4`, `devices = 4` and `accumulate = 1`: choose a multiple of 4 from 8 on",
        ),
    ],
)
def test_what_a_recipe_cannot_ask(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        check_devices(replace(RECIPE, **changes))


def test_devices_by_name():
    assert resolve_device("cpu") == "cpu"
    assert resolve_device("auto") in ("cuda", "mps", "cpu")
    with pytest.raises(InputError, match="must be one of auto, cpu, cuda, cuda:1 or mps"):
        resolve_device("gpu")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match=r"torch finds here, cpu\. Found `cuda`"):
            resolve_device("cuda")


def test_without_accelerate_the_way_to_get_it_is_said(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "accelerate", None)
    with pytest.raises(InputError, match=re.escape(how_to_get("train"))):
        trained()


def one_step_of(features, targets, devices):
    recipe = replace(RECIPE, steps=2, devices=devices, precision="float32", mixup=0.0, spec_augment=False)
    net = model()
    told = []
    course = fit(
        net,
        Training(
            features,
            targets,
            recipe,
            seed=5,
            evaluate=first_weight,
            progress=lambda done, total: told.append((done, total)),
        ),
    )
    assert told == [(1, 2), (2, 2)]
    return net, course


def first_weight(net):
    return float(net.fc1.weight.detach()[0, 0].abs())


@pytest.mark.slow
def test_two_processes_train_one_model(monkeypatch):
    """Each takes its share of the batch; batch norm sees the share, as in PANNs, so weights differ a little."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))  # they import `first_weight` from this file
    net, course = one_step_of(features(), targets(), 2)
    alone, _ = one_step_of(features(), targets(), 1)
    assert [step for step, _ in course.curve] == [2]
    assert course.best_validation_map == first_weight(net)
    before = model()
    moved = (net.fc_audioset.bias - before.fc_audioset.bias).abs()
    assert (moved > 0).all()
    torch.testing.assert_close(net.fc_audioset.bias, alone.fc_audioset.bias, rtol=0, atol=3e-3)
    again, _ = one_step_of(features(), targets(), 2)
    assert_same_weights(net, again)
