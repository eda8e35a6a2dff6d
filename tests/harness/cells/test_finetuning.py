"""What a fine-tuning decides, and the part of it that a round does."""

from dataclasses import replace

import pytest

from prunebench.harness.cells.finetuning import Finetuning, round_seed
from prunebench.harness.training.recipe import Recipe

PLAIN = Finetuning("tail", Recipe(10, batch=4), seed=7)


def test_the_first_round_has_the_seed_itself_and_the_others_seeds_of_their_own():
    """So that the first draw of `iterative` is that of `one-shot`."""
    assert round_seed(7, 0) == 7
    others = [round_seed(seed, number) for seed in (7, 8) for number in (1, 2)]
    assert len({7, 8, *others}) == 6
    assert [round_seed(seed, number) for seed in (7, 8) for number in (1, 2)] == others


def test_rounds_share_the_steps_and_nothing_else():
    parts = [PLAIN.of_round(number, 3) for number in range(3)]
    assert [part.recipe.steps for part in parts] == [3, 3, 4]
    assert [part.seed for part in parts] == [round_seed(7, number) for number in range(3)]
    for part in parts:
        assert replace(part, seed=7, recipe=PLAIN.recipe) == PLAIN
        assert replace(part.recipe, steps=10) == PLAIN.recipe


@pytest.mark.parametrize(
    ("change", "decides"),
    [
        ({"scope": "all"}, True),
        ({"recipe": Recipe(11, batch=4)}, True),
        ({"seed": 8}, True),
        ({"distillation": 0.5}, True),
        ({"evaluate_every": 5}, False),
    ],
)
def test_what_decides_a_result(change, decides):
    assert (replace(PLAIN, **change).decides() != PLAIN.decides()) == decides


def test_without_distillation_identities_are_those_of_before_there_was_one():
    assert set(PLAIN.decides()) == {"scope", "recipe", "seed"}
    assert (PLAIN.distillation, PLAIN.evaluate_every) == (0, 0)
    assert replace(PLAIN, distillation=0.25).decides()["distillation"] == 0.25
