"""How a pruned model is trained further."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np

from prunebench.harness.budget.schedule import Schedule
from prunebench.harness.training.converging import ConvergingRecipe
from prunebench.harness.training.recipe import Recipe


@dataclass(frozen=True)
class RatePair:
    """Learning rates of a cell's fine-tuning.

    Args:
        last: of the length that the cell ends with.
        short: of the short length before it; the same where there is one length.
    """

    last: float
    short: float


@dataclass(frozen=True)
class Finetuning:
    """How a pruned model is trained further.

    Args:
        scope: `"tail"` trains C7–C12 and the head on cached outputs of C1–C6; `"all"` trains everything.
        recipe: steps and rate, of the short length where there are two.
        seed: of data order, augmentation and dropout; both lengths see the same clips in the same order.
        distillation: weight of what the base model says, 0 for the labels alone.
        evaluate_every: steps between two evaluations on validation clips, 0 for none; changes no result.
        long: the second length, until it converges; `None` for one length.
    """

    scope: Literal["tail", "all"]
    recipe: Recipe
    seed: int
    distillation: float = 0.0
    evaluate_every: int = 0
    long: ConvergingRecipe | None = None

    def decides(self) -> dict[str, object]:
        """All of it that decides a result, as JSON values."""
        plain: dict[str, object] = {"scope": self.scope, "recipe": asdict(self.recipe), "seed": self.seed}
        plain |= {"distillation": self.distillation} if self.distillation else {}
        return plain | ({} if self.long is None else {"converged": asdict(self.long)})

    def of_round(self, number: int, rounds: int) -> Finetuning:
        """The part of one round, with its share of the steps; the last round alone has the second length."""
        steps = Schedule("iterative", rounds).steps_of(self.recipe.steps)[number]
        recipe, long = replace(self.recipe, steps=steps), self.long if number == rounds - 1 else None
        return replace(self, recipe=recipe, seed=round_seed(self.seed, number), long=long)


def round_seed(seed: int, number: int) -> int:
    """The seed of a round: the first has the seed itself, so that its first draw is that of `one-shot`."""
    return seed if number == 0 else int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
