"""Schedules: when filters are removed during fine-tuning."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from prunebench.eval.errors import InputError
from prunebench.harness.budget.budget_label import read_label
from prunebench.pruners.label import Labelled

VERSION = 1  # raised when a schedule other than plain `one-shot` would give other weights
ONE_SHOT, ITERATIVE, PROGRESSIVE, SOFT = "one-shot", "iterative", "progressive", "soft"


@dataclass(frozen=True)
class Schedule(Labelled):
    r"""From the unpruned model to the pruned one. All schedules have the same budget of steps in total.

    - `one-shot` scores, removes and fine-tunes once.
    - `iterative` does so `rounds` times: after round i of k, i/k of the budget is gone, scores are taken anew on the
      model as it then is, and the steps of fine-tuning are shared out evenly.
    - `progressive` masks more and more filters along one fine-tuning: at the beginning of the i-th of k equal parts of
      the steps, scores are taken anew on what is left, and masked filters grow to the share

      .. math:: 1 - (1 - i/k)^3

      of the budget, the cubic of Zhu & Gupta, *To Prune, or Not to Prune*, 2017 (arXiv:1710.01878). They stay masked
      and are removed at the end.
    - `soft` is soft filter pruning: He et al., *Soft Filter Pruning for Accelerating Deep Convolutional Neural
      Networks*, IJCAI 2018 (arXiv:1808.06866). Every `every` steps, from the first on, the whole budget's worth of
      filters has its weights set to 0, by scores taken anew; training goes on with all filters, so that they may
      recover, unless batch norm shifts them below 0 in front of a rectifier, which lets no gradient through. Those of
      the lowest scores after the last step are removed.

    Distillation adds what the unpruned model says of a clip to its labels, after Hinton et al., *Distilling the
    Knowledge in a Neural Network*, 2015 (arXiv:1503.02531), in the form for independent classes:

    .. math:: L = (1 - w) \, \mathrm{BCE}(z, y) + w \, \mathrm{BCE}(z, p),

    z the logits, y the labels, p the unpruned model's probabilities in evaluation mode, temperature 1.

    Args:
        name: one of the four.
        rounds: of `iterative` and `progressive`, 2 to 100.
        recalibration_clips: training clips on which batch norm is estimated anew after each removal, 0 for none;
            `prune.recalibration_clips` where it is left out.
        distillation: the weight w, in [0, 1]; 0 for plain fine-tuning.
        every: steps of `soft` between two times that filters are set to 0, at least 1.
    """

    name: str = ONE_SHOT
    rounds: int = 1
    recalibration_clips: int | None = None
    distillation: float = 0.0
    every: int = 0

    def __post_init__(self) -> None:
        several = self.name in (ITERATIVE, PROGRESSIVE)
        if several and not (_whole(self.rounds) and 2 <= self.rounds <= 100):
            raise InputError(
                f"Parameter `rounds` of schedule `{self.name}` must be an integer from 2 to 100. Found "
                f"`rounds = {self.rounds}`: write `{self.name}[rounds=3]`."
            )
        if not several and self.rounds != 1:
            raise InputError(
                f"Schedule `{self.name}` has a single round. Found `rounds = {self.rounds}`: use `iterative`."
            )
        if self.name == SOFT and not (_whole(self.every) and self.every >= 1):
            raise InputError(
                "Parameter `every` of schedule `soft` must be an integer of at least 1, the steps after which filters "
                f"are set to 0 again. Found `every = {self.every}`: write `soft[every=10]`."
            )
        if self.name != SOFT and self.every != 0:
            raise InputError(
                f"Schedule `{self.name}` has no parameter `every`. Found `every = {self.every}`: use `soft`."
            )
        clips = self.recalibration_clips
        if clips is not None and not (_whole(clips) and clips >= 0):
            raise InputError(
                f"Parameter `recalibration_clips` must be an integer of at least 0. Found `{clips}` in a schedule."
            )
        weight: object = self.distillation
        if not isinstance(weight, int | float) or not 0 <= weight <= 1:
            raise InputError(f"Parameter `distillation` must lie in [0, 1]. Found `distillation = {weight}`.")

    @property
    def rescores(self) -> bool:
        """Whether scores are computed again during fine-tuning, so that those of the base model do not decide alone."""
        return self.name != ONE_SHOT

    @property
    def masks(self) -> bool:
        """Whether filters are masked along one training and removed at its end."""
        return self.name in (PROGRESSIVE, SOFT)

    @property
    def keeps_masks(self) -> bool:
        """Whether masked filters stay masked."""
        return self.name == PROGRESSIVE

    def steps_of(self, total: int) -> tuple[int, ...]:
        """Steps of fine-tuning of each round; the last rounds take what does not divide."""
        return tuple(total * (i + 1) // self.rounds - total * i // self.rounds for i in range(self.rounds))

    def times(self, total: int) -> tuple[int, ...]:
        """Steps after which filters are chosen; a schedule that lets them recover chooses once more at the end."""
        if self.name == SOFT:
            return (*range(0, total, self.every), total)
        return tuple(total * i // self.rounds for i in range(self.rounds))

    def shares(self, total: int) -> tuple[float, ...]:
        """Share of the budget that is gone after each of these times."""
        times = len(self.times(total))
        if self.name == SOFT:
            return (1.0,) * times
        linear = [number / times for number in range(1, times + 1)]
        return tuple(1 - (1 - share) ** 3 for share in linear) if self.name == PROGRESSIVE else tuple(linear)


PLAIN = Schedule()


@functools.lru_cache(maxsize=256)
def parse_schedule(label: str) -> Schedule:
    """The schedule that a label names.

    Args:
        label: `"one-shot"`, `"iterative[rounds=3]"`, `"progressive[rounds=6]"`, `"soft[every=10]"`,
            `"one-shot[recalibration_clips=256,distillation=0.5]"`.

    Raises:
        InputError: for an unknown name, parameter or value.
    """
    return read_label("schedule", label, dict.fromkeys((ONE_SHOT, ITERATIVE, PROGRESSIVE, SOFT), Schedule))


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
