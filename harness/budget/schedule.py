"""Schedules: in how many rounds filters go, and what fine-tuning aims at."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from prunebench.eval.errors import InputError
from prunebench.harness.budget.budget_label import read_label
from prunebench.pruners.label import Labelled

VERSION = 1  # raised when a schedule other than `one-shot` would give other weights
ONE_SHOT, ITERATIVE = "one-shot", "iterative"


@dataclass(frozen=True)
class Schedule(Labelled):
    r"""From the unpruned model to the pruned one.

    `one-shot` scores, removes and fine-tunes once. `iterative` does so `rounds` times: after round i of k, i/k of the
    budget is gone, scores are taken anew on the model as it then is, and the steps of fine-tuning are shared out
    evenly, so that all schedules have the same budget of steps in total.

    Distillation adds what the unpruned model says of a clip to its labels, after Hinton et al., *Distilling the
    Knowledge in a Neural Network*, 2015 (arXiv:1503.02531), in the form for independent classes:

    .. math:: L = (1 - w) \, \mathrm{BCE}(z, y) + w \, \mathrm{BCE}(z, p),

    z the logits, y the labels, p the unpruned model's probabilities in evaluation mode, temperature 1.

    Args:
        name: `"one-shot"` or `"iterative"`.
        rounds: of `iterative`, 2 to 100.
        recalibration_clips: training clips on which batch norm is estimated anew after each removal, 0 for none;
            `prune.recalibration_clips` where it is left out.
        distillation: the weight w, in [0, 1]; 0 for plain fine-tuning.
    """

    name: str = ONE_SHOT
    rounds: int = 1
    recalibration_clips: int | None = None
    distillation: float = 0.0

    def __post_init__(self) -> None:
        if self.name == ITERATIVE and not (_whole(self.rounds) and 2 <= self.rounds <= 100):
            raise InputError(
                "Parameter `rounds` of schedule `iterative` must be an integer from 2 to 100. Found "
                f"`rounds = {self.rounds}`: write `iterative[rounds=3]`."
            )
        if self.name == ONE_SHOT and self.rounds != 1:
            raise InputError(
                f"Schedule `one-shot` has one round. Found `rounds = {self.rounds}`: use `iterative`."
            )
        clips = self.recalibration_clips
        if clips is not None and not (_whole(clips) and clips >= 0):
            raise InputError(
                f"Parameter `recalibration_clips` must be an integer of at least 0. Found `{clips}` in a schedule."
            )
        weight: object = self.distillation
        if not isinstance(weight, int | float) or not 0 <= weight <= 1:
            raise InputError(f"Parameter `distillation` must lie in [0, 1]. Found `distillation = {weight}`.")

    def steps_of(self, total: int) -> tuple[int, ...]:
        """Steps of fine-tuning of each round; the last rounds take what does not divide."""
        return tuple(total * (i + 1) // self.rounds - total * i // self.rounds for i in range(self.rounds))


PLAIN = Schedule()


@functools.lru_cache(maxsize=256)
def parse_schedule(label: str) -> Schedule:
    """The schedule that a label names.

    Args:
        label: `"one-shot"`, `"iterative[rounds=3]"`, `"one-shot[recalibration_clips=256,distillation=0.5]"`.

    Raises:
        InputError: for an unknown name, parameter or value.
    """
    return read_label("schedule", label, dict.fromkeys((ONE_SHOT, ITERATIVE), Schedule))


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
