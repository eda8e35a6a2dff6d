"""An interrupted training goes on to the same last bit."""

import numpy as np
import pytest
import torch

from prunebench.harness import Cnn14
from prunebench.harness.training.course import Course
from prunebench.harness.training.loop import train
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.state import TrainingState
from prunebench.harness.training.training import Training

WIDTHS = (2,) * 12
CLIPS = 12


class Interrupted(Exception):
    pass


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    return rng.normal(-40, 10, (CLIPS, 48, 64)).astype(np.float32), rng.random((CLIPS, 3)) < 0.5


def model():
    return Cnn14(WIDTHS, n_classes=3, embedding=4, seed=1)


def bits(trained):
    return {key: value.numpy().tobytes() for key, value in trained.state_dict().items()}


RECIPE = Recipe(steps=5, batch=4, spec_augment=True, mixup=1.0)


@pytest.fixture(scope="module")
def undisturbed(clips):
    trained = model()
    train(trained, Training(*clips, RECIPE, seed=3))
    return bits(trained)


def interrupted(clips, state, step):
    def stop(done, total):
        if done == step:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(model(), Training(*clips, RECIPE, seed=3, state=state, progress=stop))


@pytest.mark.parametrize("stops", [(1,), (4,), (2, 3, 5)])
def test_the_same_bits_wherever_it_stopped(clips, undisturbed, tmp_path, stops):
    for step in stops:
        interrupted(clips, TrainingState(tmp_path / "state.pt", 0), step)
    taken = []
    resumed = model()
    state = TrainingState(tmp_path / "state.pt", 0)
    train(
        resumed,
        Training(*clips, RECIPE, seed=3, state=state, progress=lambda done, total: taken.append(done)),
    )
    assert taken == list(range(stops[-1] + 1, 6)), "steps that were done were done again"
    assert bits(resumed) == undisturbed
    assert state.earlier_seconds > 0


def test_the_tail_too(clips, tmp_path):
    """Adam's moments of the tail alone are kept and taken up."""
    stem = np.random.default_rng(1).normal(size=(CLIPS, 2, 6, 8)).astype(np.float32)
    recipe, inputs = Recipe(steps=4, batch=4), (stem, clips[1])
    whole, resumed = model(), model()
    train(whole, Training(*inputs, recipe, seed=3, tail=True))

    def stop(done, total):
        if done == 2:
            raise Interrupted

    state = TrainingState(tmp_path / "state.pt", 0)
    with pytest.raises(Interrupted):
        train(model(), Training(*inputs, recipe, seed=3, tail=True, state=state, progress=stop))
    train(resumed, Training(*inputs, recipe, seed=3, tail=True, state=state))
    assert bits(resumed) == bits(whole)


def evaluation(trained):
    """As an evaluation does: in evaluation mode, and by chance draws that training must not see."""
    trained.eval()
    torch.rand(3)
    return float(trained.fc1.weight.detach().double().abs().sum())


def test_evaluations_change_no_bit_and_stand_in_one_curve_wherever_it_stopped(clips, undisturbed, tmp_path):
    looks = {"evaluate": evaluation, "evaluate_every": 2}
    whole, resumed = model(), model()
    course = train(whole, Training(*clips, RECIPE, seed=3, **looks))
    assert [step for step, _ in course.curve] == [0, 2, 4, 5]
    assert course.curve[-1][1] == evaluation(whole) != course.curve[0][1] == evaluation(model())
    assert bits(whole) == undisturbed

    def stop(done, total):
        if done == 4:
            raise Interrupted

    state = TrainingState(tmp_path / "state.pt", 0)
    with pytest.raises(Interrupted):
        train(model(), Training(*clips, RECIPE, seed=3, state=state, progress=stop, **looks))
    state = TrainingState(tmp_path / "state.pt", 0)
    assert train(resumed, Training(*clips, RECIPE, seed=3, state=state, **looks)) == course
    assert bits(resumed) == undisturbed
    assert train(model(), Training(*clips, RECIPE, seed=3, evaluate=evaluation)) == Course()


def test_a_short_training_writes_none(clips, tmp_path):
    train(model(), Training(*clips, RECIPE, seed=3, state=TrainingState(tmp_path / "state.pt", 60)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "damage", [lambda found: found[: len(found) // 2], lambda found: b"", lambda found: b"x" * 99]
)
def test_a_damaged_state_is_begun_anew(clips, undisturbed, tmp_path, damage):
    path = tmp_path / "state.pt"
    interrupted(clips, TrainingState(path, 0), 3)
    path.write_bytes(damage(path.read_bytes()))
    resumed = model()
    train(resumed, Training(*clips, RECIPE, seed=3, state=TrainingState(path, 0)))
    assert bits(resumed) == undisturbed


def test_writing_takes_a_small_share_of_the_time(clips, tmp_path, monkeypatch):
    """A state that takes a second to write is written every twenty seconds, whatever was asked for."""
    state = TrainingState(tmp_path / "state.pt", 1)
    clock = iter(np.arange(0, 1000, 0.5))
    monkeypatch.setattr("prunebench.harness.training.state.time.perf_counter", lambda: float(next(clock)))
    written = []
    monkeypatch.setattr(torch, "save", lambda found, stream: written.append(found["step"]))
    trained = model()
    optimiser = torch.optim.AdamW(trained.parameters())
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1.0)
    state.resume(trained, optimiser, schedule)
    for step in range(1, 101):
        state.keep(step, trained, optimiser, schedule)
    assert 3 <= len(written) <= 7, written
