"""What the evaluations along a training of the small loop decide: rates, its end, and which weights stay."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import nn

from prunebench.eval.errors import InputError
from prunebench.harness.training.converging import ConvergingRecipe
from prunebench.harness.training.course import Course
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.training import Training


@dataclass(frozen=True)
class Follow:
    """A training whose evaluations decide nothing.

    Args:
        recipe: of the training.
        every: steps between two evaluations; 0 for none.
        course: its evaluations so far.
    """

    recipe: Recipe
    every: int
    course: Course

    @classmethod
    def of(cls, training: Training, course: Course) -> Follow:
        """What follows a training, by its recipe."""
        kind = FollowConvergence if isinstance(training.recipe, ConvergingRecipe) else cls
        return kind(training.recipe, training.evaluate_every, course)

    def rate_at(self, step: int) -> float:
        """The relative rate of the next step."""
        return self.recipe.rate_at(step)

    def ends_at(self) -> int:
        """All steps, as far as is known."""
        return self.recipe.steps

    def is_evaluated(self, done: int) -> bool:
        """Whether the model is evaluated after so many steps; never where `every` is 0."""
        return is_evaluated(done, self.every, self.recipe.steps)

    def add(self, done: int, value: float, module: nn.Module) -> None:
        """An evaluation after so many steps."""
        self.course.curve.append((done, value))


class FollowConvergence(Follow):
    """A training that ends by patience; the best weights so far are kept."""

    recipe: ConvergingRecipe

    def rate_at(self, step: int) -> float:
        """As `Follow`, by the curve so far."""
        return self.recipe.rate_along(step, self.course.curve)

    def ends_at(self) -> int:
        """As `Follow`, by the curve so far."""
        return self.recipe.ends_at(self.course.curve)

    def is_evaluated(self, done: int) -> bool:
        """As `Follow`, by the recipe."""
        return self.recipe.is_evaluated(done, self.course.curve)

    def add(self, done: int, value: float, module: nn.Module) -> None:
        """As `Follow`; of equal evaluations the first counts.

        Raises:
            InputError: for clips without a positive, on which nothing can converge.
        """
        if math.isnan(value):
            raise InputError(
                "A training that converges needs a validation mAP, and there is none: no class has a positive among "
                "the validation clips. Give other clips, or set `converge = false` and a number of steps."
            )
        self.course.add(done, value, module.state_dict())


def is_evaluated(done: int, every: int, steps: int) -> bool:
    """Whether a training of so many steps is evaluated after those done; never where `every` is 0."""
    return bool(every) and (done % every == 0 or done == steps)


def how_it_ended(recipe: Recipe, course: Course, before: int = 0) -> dict[str, float]:
    """`steps` taken, cool-down included, `best_step`, whose weights were kept, and `bound_reached`, 0 or 1.

    Nothing of a training whose length was given.

    Args:
        recipe: of the training.
        course: of the training.
        before: steps of the rounds before it, which are counted through.
    """
    if not isinstance(recipe, ConvergingRecipe):
        return {}
    return {
        "steps": before + recipe.ends_at(course.curve),
        "best_step": before + course.best_step,
        "bound_reached": float(recipe.bound_reached(course.curve)),
    }
