"""Trainings that end by patience: what a curve decides, by hand, and what the loop makes of it."""

import dataclasses

import numpy as np
import pytest
import torch

from prunebench.eval import InputError
from prunebench.harness import Cnn14
from prunebench.harness.training.converging import ConstantRecipe, ConvergingRecipe
from prunebench.harness.training.follow import how_it_ended
from prunebench.harness.training.loop import train
from prunebench.harness.training.state import TrainingState
from prunebench.harness.training.training import Training

WIDTHS = (2, 2, 2, 2, 4, 4, 4, 4, 4, 4, 4, 4)
RECIPE = ConvergingRecipe(
    steps=40, batch=4, learning_rate=3e-3, warmup_steps=2, cooldown=0.25, evaluate_every=2, patience=6
)


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    return rng.normal(-40, 3, (24, 32, 64)).astype(np.float32), rng.random((24, 2)) < 0.5


def model():
    torch.manual_seed(0)
    return Cnn14(WIDTHS, n_classes=2, embedding=4)


def bits(trained):
    return torch.cat([value.double().flatten() for value in trained.state_dict().values()])


class Said:
    """Evaluations with given values; keeps the weights that it saw."""

    def __init__(self, values):
        self.values, self.seen = values, []

    def __call__(self, trained):
        trained.eval()
        self.seen.append(bits(trained))
        return self.values[min(len(self.seen), len(self.values)) - 1]


def followed(evaluate, clips, recipe=RECIPE, **more):
    trained = model()
    return trained, train(trained, Training(*clips, recipe, seed=3, evaluate=evaluate, **more))


def test_rates_rise_stay_and_fall():
    recipe = ConstantRecipe(steps=10, warmup_steps=2, cooldown=0.4)
    found = [recipe.rate_at(step) for step in range(10)]
    assert found == pytest.approx([0.5, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2])


@pytest.mark.parametrize(
    ("curve", "cools_from", "ends", "bound"),
    [
        ([], 30, 40, True),
        (
            [(0, 0.1), (2, 0.2), (4, 0.1), (6, 0.15)],
            30,
            40,
            True,
        ),  # four steps without a rise are no patience of six
        ([(0, 0.1), (2, 0.2), (4, 0.1), (6, 0.15), (8, 0.2)], 8, 11, False),  # equal is no rise
        (
            [(0, 0.1), (2, 0.2), (8, 0.1), (10, 0.9)],
            8,
            11,
            False,
        ),  # what comes while it cools decides nothing
        ([(0, 0.1), (26, 0.2), (32, 0.1)], 30, 40, True),
        ([(0, 0.1), (24, 0.2), (30, 0.1)], 30, 40, False),
    ],
)
def test_what_a_curve_decides(curve, cools_from, ends, bound):
    assert (RECIPE.cools_from(curve), RECIPE.ends_at(curve)) == (cools_from, ends)
    assert RECIPE.bound_reached(curve) == bound


@pytest.mark.parametrize("cooldown", [0.0, 0.5, 0.99, 0.999])
def test_what_never_stalls_takes_all_steps_whatever_the_share_of_the_cool_down(cooldown):
    recipe = dataclasses.replace(RECIPE, cooldown=cooldown)
    assert (recipe.ends_at([(0, 0.1)]), recipe.bound_reached([(0, 0.1)])) == (40, True)


def test_a_rate_never_rises_while_it_cools():
    recipe = ConstantRecipe(steps=10, warmup_steps=20, cooldown=0.4)
    found = [recipe.rate_at(step) for step in range(10)]
    assert found == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.4, 0.2])


def test_clips_without_a_positive_converge_to_nothing(clips):
    with pytest.raises(InputError, match="no class has a positive among the validation clips"):
        followed(Said([float("nan")]), clips)


def test_the_loop_stops_and_keeps_the_best_weights(clips):
    evaluate = Said(
        [0.1, 0.3, 0.2, 0.2, 0.2, 0.4]
    )  # stalls at 8; cools for 3 steps, the last of which is best
    trained, course = followed(evaluate, clips)
    assert [step for step, _ in course.curve] == [0, 2, 4, 6, 8, 10, 11]
    assert how_it_ended(RECIPE, course) == {"steps": 11, "best_step": 10, "bound_reached": 0.0}
    assert torch.equal(bits(trained), evaluate.seen[5])
    assert not trained.training
    assert not course.best
    earlier = Said([0.1, 0.3, 0.2, 0.2, 0.2, 0.25])
    trained, course = followed(earlier, clips)
    assert torch.equal(bits(trained), earlier.seen[1])


def test_a_bound_ends_it(clips):
    rising = Said([number / 100 for number in range(50)])
    _, course = followed(rising, clips)
    assert how_it_ended(RECIPE, course) == {"steps": 40, "best_step": 40, "bound_reached": 1.0}


@pytest.mark.parametrize("stops", [3, 8, 9, 10])
def test_interrupted_it_goes_on_to_the_same_bits(clips, tmp_path, stops):
    """The values are a function of the weights, so that a training that goes on sees what an undisturbed one saw."""

    def value(trained):
        trained.eval()
        weight = trained.fc1.weight.detach().double().abs().sum()
        return -abs(float(weight) - first)

    first = float(model().fc1.weight.detach().double().abs().sum())
    whole, course = followed(value, clips)
    assert (course.best_step, course.curve[-1][0]) == (0, 8)  # it moves away: stalls at 6, cools for 2

    class Interrupted(Exception):
        pass

    def stop(done, total):
        if done == min(stops, 7):
            raise Interrupted

    state = TrainingState(tmp_path / "state.pt", 0)
    with pytest.raises(Interrupted):
        followed(value, clips, state=state, progress=stop)
    resumed, again = followed(value, clips, state=TrainingState(tmp_path / "state.pt", 0))
    assert again == course
    assert torch.equal(bits(resumed), bits(whole))


def test_the_short_length_takes_the_steps_of_the_long_one_up_to_its_cool_down(clips):
    """Six steps of ten are warm-up and plateau: there both have the same weights, to the bit."""
    short = RECIPE.short(8)
    assert (short.steps, short.learning_rate, short.batch) == (8, RECIPE.learning_rate, RECIPE.batch)
    at_six = {}
    for name, recipe in (("long", dataclasses.replace(RECIPE, patience=100)), ("short", short)):
        trained = model()

        def keep(done, total, name=name, trained=trained):
            if done == 6:
                at_six[name] = bits(trained)

        rising = Said([number / 100 for number in range(50)])
        train(trained, Training(*clips, recipe, seed=3, evaluate=rising, progress=keep))
    assert torch.equal(at_six["long"], at_six["short"])
