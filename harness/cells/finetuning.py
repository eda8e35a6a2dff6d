"""How a pruned model is trained further."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np

from prunebench.harness.budget.schedule import Schedule
from prunebench.harness.training.recipe import Recipe


@dataclass(frozen=True)
class Finetuning:
    """How a pruned model is trained further.

    Args:
        scope: `"tail"` trains C7–C12 and the head on cached outputs of C1–C6; `"all"` trains everything.
        recipe: steps and rate.
        seed: of data order, augmentation and dropout.
        distillation: weight of what the base model says, 0 for the labels alone.
        evaluate_every: steps between two evaluations on validation clips, 0 for none; changes no result.
    """

    scope: Literal["tail", "all"]
    recipe: Recipe
    seed: int
    distillation: float = 0.0
    evaluate_every: int = 0

    def decides(self) -> dict[str, object]:
        """All of it that decides a result, as JSON values."""
        plain = {"scope": self.scope, "recipe": asdict(self.recipe), "seed": self.seed}
        return plain | ({"distillation": self.distillation} if self.distillation else {})

    def of_round(self, number: int, rounds: int) -> Finetuning:
        """The part of one round, with its share of the steps."""
        steps = Schedule("iterative", rounds).steps_of(self.recipe.steps)[number]
        return replace(self, recipe=replace(self.recipe, steps=steps), seed=round_seed(self.seed, number))


def round_seed(seed: int, number: int) -> int:
    """The seed of a round: the first has the seed itself, so that its first draw is that of `one-shot`."""
    return seed if number == 0 else int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
