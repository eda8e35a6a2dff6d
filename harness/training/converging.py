"""Recipes that hold the rate constant: for a known number of steps, or until validation mAP rises no longer.

A warm-up, a constant rate and a linear cool-down to zero need no length in advance: a shorter training is the longer
one up to where its own cool-down begins (Hägele et al., *Scaling Laws and Compute-Optimal Training Beyond Fixed
Training Durations*, 2024, arXiv:2405.18392, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from prunebench.harness.training.recipe import Recipe

VERSION = 1  # raised when the same recipe gives other weights


@dataclass(frozen=True)
class ConstantRecipe(Recipe):
    """`Recipe` with a constant rate between a warm-up and a cool-down; `warmup` is not used.

    Args:
        warmup_steps: over which the rate rises linearly.
        cooldown: share of all steps over which the rate falls linearly to 0, in [0, 1).
        constant_version: of the rates, which enters identities with the rest.
    """

    warmup_steps: int = 20
    cooldown: float = 0.2
    constant_version: int = VERSION

    def rate_at(self, step: int) -> float:
        """As `Recipe`: a rise, a plateau, a fall that would reach 0 with the step after the last."""
        return self.rate_between(step, self.steps - round(self.cooldown * self.steps), self.steps)

    def rate_between(self, step: int, cools_from: int, end: int) -> float:
        """The relative rate of a step where the cool-down takes the steps `cools_from` … `end − 1`."""
        risen = min(1.0, (step + 1) / max(1, self.warmup_steps))
        if step < cools_from:
            return risen
        return min(risen, (end - step) / (end - cools_from + 1))  # a warm-up that is not over goes on


@dataclass(frozen=True)
class ConvergingRecipe(ConstantRecipe):
    """`ConstantRecipe` whose cool-down begins when validation mAP has not risen for `patience` steps.

    What it decides is a function of the curve of validation mAP alone, so a training that was interrupted decides
    alike. `steps` is the upper bound, cool-down included.

    Args:
        evaluate_every: steps between two evaluations on validation clips, the first before any step.
        patience: steps without a rise of the best validation mAP.
    """

    evaluate_every: int = 100
    patience: int = 500

    def cools_from(self, curve: Sequence[tuple[int, float]]) -> int:
        """The step that the cool-down begins with, as far as the curve shows; where nothing stalls, the bound's."""
        bound = self.steps - round(self.cooldown * self.steps)
        stalled = self._stalled(curve)
        return bound if stalled is None else min(stalled, bound)

    def ends_at(self, curve: Sequence[tuple[int, float]]) -> int:
        """All steps, cool-down included, as far as the curve shows."""
        begins = self.cools_from(curve)
        if not begins:  # so large a share of so few steps that all of them cool down
            return self.steps
        return min(self.steps, begins + max(1, round(begins * self.cooldown / (1 - self.cooldown))))

    def bound_reached(self, curve: Sequence[tuple[int, float]]) -> bool:
        """Whether the bound began the cool-down, not patience."""
        stalled = self._stalled(curve)
        return stalled is None or stalled > self.steps - round(self.cooldown * self.steps)

    def rate_along(self, step: int, curve: Sequence[tuple[int, float]]) -> float:
        """The relative rate of the next step, given the curve up to it."""
        return self.rate_between(step, self.cools_from(curve), self.ends_at(curve))

    def is_evaluated(self, done: int, curve: Sequence[tuple[int, float]]) -> bool:
        """Whether the model is evaluated after `done` steps: now and then, and at the end."""
        return done % self.evaluate_every == 0 or done == self.ends_at(curve)

    def short(self, steps: int) -> ConstantRecipe:
        """A training of so many steps that takes the steps of this one up to its own cool-down."""
        own = {field.name: getattr(self, field.name) for field in fields(ConstantRecipe)}
        return ConstantRecipe(**{**own, "steps": steps})

    def _stalled(self, curve: Sequence[tuple[int, float]]) -> int | None:
        best, when = float("-inf"), 0
        for step, value in curve:
            if value > best:
                best, when = value, step
            elif step - when >= self.patience:
                return step
        return None
