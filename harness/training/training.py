"""One training: what is learnt from, how, who evaluates and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.training.filter_masks import Masking
from prunebench.harness.training.placement import CPU, Placement
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.state import TrainingState

Evaluate = Callable[[Any], float]  # of what the loop was given, a module or a tagger
BeginPenalty = Callable[[Tagger], Callable[[int], None]]


@dataclass(frozen=True, eq=False)
class Training:
    """All that a loop needs besides the model.

    Args:
        inputs: features (clips, frames, mels), or with `tail` what `stem_outputs` gave.
        targets: (clips, classes), true or false, or in [0, 1].
        recipe: steps, rates and augmentation; a `FullRecipe` goes to the loop of full size, which trains no tails.
        seed: of the order of clips, augmentation and dropout; the global generator is left as it was.
        tail: train the network's tail and its head on stem outputs; its stem stays as it is.
        placement: where the small loop trains; a `FullRecipe` says it itself.
        evaluate: model → validation mAP; the weights are the same with and without it.
        evaluate_every: steps between two evaluations of the small loop, the first before any step, the last after all;
            0 for none. A `FullRecipe` says it itself.
        penalty: model before its first step → what is called with the number of each step and adds the gradient of a
            penalty to that of the loss, which is clipped already; `None` for the loss alone. Of the small loop.
        progress: called with (steps done, steps) after each step.
        masking: filters that the small loop masks along the way; a `FullRecipe` masks none.
        state: where an interrupted training is taken up again, with the weights an undisturbed one gives.
    """

    inputs: NDArray[np.float32]
    targets: NDArray[Any]
    recipe: Recipe
    seed: int
    tail: bool = False
    placement: Placement = CPU
    evaluate: Evaluate | None = None
    evaluate_every: int = 0
    penalty: BeginPenalty | None = None
    progress: Callable[[int, int], None] | None = None
    masking: Masking | None = None
    state: TrainingState | None = None

    def told(self, done: int) -> None:
        """Tell how many steps are done."""
        if self.progress is not None:
            self.progress(done, self.recipe.steps)
