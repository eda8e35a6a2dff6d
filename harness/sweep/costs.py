"""What the pieces of a sweep cost, from what the unpruned model costs.

A training step, or a forward pass, of a shape costs a fixed part of what it costs the unpruned model, and the rest of
that times the shape's share of the MACs (backbone), through cached outputs of C1–C6 times its share of the MACs of what
follows. Cells are taken to share nothing. Trainings that end by patience are taken to end at their bounds, or at a
given share of these.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from prunebench.eval.errors import InputError
from prunebench.eval.run.record_terms import FROM_SCRATCH
from prunebench.harness.budget.allocation import Searched
from prunebench.harness.cells.ratio_search import is_searched, searched_cell
from prunebench.harness.config.config import Config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.plan.cell import Base, Cell
from prunebench.harness.plan.plan import Plan
from prunebench.harness.training.converging import ConvergingRecipe
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.recipe import Recipe
from prunebench.pruners.contract import COLLECTED, LABELLED


@dataclass(frozen=True)
class UnitCosts:
    """What an unpruned model takes on its data set, on one thread count.

    Args:
        step: seconds of a training step of all layers, for each clip of its batch.
        tail_step: the same of C7–C12 and the head.
        forward: seconds of a forward pass, for each clip.
        tail_forward: the same of C7–C12 and the head.
        outcome: seconds that each trained model takes besides.
        fixed, tail_fixed: shares of the two steps that do not fall with the MACs.
    """

    step: float
    tail_step: float
    forward: float
    tail_forward: float
    outcome: float
    fixed: float = 0.0
    tail_fixed: float = 0.0

    def timed(self, share: float, tail_share: float) -> tuple[float, float]:
        """Shares of the unpruned model's time, of all layers and of the tail, from a shape's shares of its MACs."""
        return self.fixed + (1 - self.fixed) * share, self.tail_fixed + (1 - self.tail_fixed) * tail_share


def fixed_part(share: float, of_time: float) -> float:
    """The share of an unpruned model's time that does not fall with the MACs, in [0, 1].

    Args:
        share: of the unpruned model's MACs that a pruned model has.
        of_time: the share of its time that it took.
    """
    return min(1.0, max(0.0, (of_time - share) / (1 - share))) if share < 1 else 0.0


SLOWEST, FASTEST = 1e-6, 1e9  # clips that a worker trains on in a second
RELATIVE = UnitCosts(step=3.0, tail_step=1.6, forward=1.0, tail_forward=0.5, outcome=0.0)
"""In forward passes of a clip, which is precise enough to see which cells are long."""


def of_throughput(clips: float) -> UnitCosts:
    """The costs of a model that a worker trains on so many clips per second; all others follow from `RELATIVE`.

    Raises:
        InputError: for a speed that no computer has.
    """
    if not SLOWEST <= clips <= FASTEST:
        raise InputError(
            f"The throughput must be {SLOWEST:g} to {FASTEST:g} clips per second. Found {clips:g}: `prunebench run "
            "--dry-run` measures it where it is not given."
        )
    unit = 1 / (clips * RELATIVE.step)
    seconds = {name: unit * relative for name, relative in asdict(RELATIVE).items() if "fixed" not in name}
    return UnitCosts(**seconds)


class Costs:
    """Costs of pieces of a plan, in the unit of the speeds.

    Args:
        config: the sweep.
        plan: of the configuration.
        speeds: of each subject of the plan.
        of_bound: share of its bound after which a training ends that ends by patience.
    """

    def __init__(
        self, config: Config, plan: Plan, speeds: Sequence[UnitCosts], of_bound: float = 1.0
    ) -> None:
        self._config, self._speeds, self._of_bound = config, speeds, of_bound
        self._needs: dict[str, frozenset[str]] = {}
        self._tuning = config.finetune.recipe(config.finetune.rates[0])
        self._long = config.finetune.long_recipe(config.finetune.rates[0])
        sets = [opened(data) for data in config.data_sets()]
        self._tables = [config.model[subject.model] for subject in plan.subjects]
        self._validation = [len(sets[subject.data].validation) for subject in plan.subjects]
        self._clips = [
            looked + len(sets[subject.data].test)
            for looked, subject in zip(self._validation, plan.subjects, strict=True)
        ]
        self._shares = [
            {
                (scope, planned.ratio): (
                    subject.shape.share("macs_backbone", planned.widths),
                    subject.shape.tail_share(planned.widths),
                )
                for scope, every in points.items()
                for planned in every
            }
            for subject, points in zip(plan.subjects, plan.points, strict=True)
        ]

    def base(self, subject: int) -> float:
        """Of training and evaluating a base model of a subject, by its index."""
        training, speed, table = self._config.base.recipe, self._speeds[subject], self._tables[subject]
        kept = self._config.base.loaded is not None or (table.checkpoint is not None and table.adapt != "all")
        looked = 2 * self._clips[subject] * speed.forward
        return (0 if kept else self._trained(subject, training, 1.0)) + looked + speed.outcome

    def base_of(self, base: Base) -> float:
        """Of a base model, given the one that it is made from by further training, if any."""
        if base.parent is None:
            return self.base(base.subject)
        section, speed = self._config.sparsify, self._speeds[base.subject]
        trained = self._trained(base.subject, section.recipe, 1.0, every=section.evaluate_every)
        return trained + 2 * self._clips[base.subject] * speed.forward + speed.outcome

    def scores(self, cells: Sequence[Cell]) -> float:
        """Of collecting what the criteria of the cells ask for."""
        asked = {(c.base, c.criterion, c.prune_seed) for c in cells if c.criterion}
        return sum(self.criterion(base.subject, criterion) for base, criterion, _ in asked)

    def criterion(self, subject: int, criterion: str) -> float:
        """Of collecting what one criterion asks for of one base model, nothing where it looks at weights alone."""
        if criterion not in self._needs:  # finding a pruner looks at what is installed: once is enough
            self._needs[criterion] = self._config.prune.pruner(criterion).needs
        needs = self._needs[criterion]
        passes = (3 if needs & LABELLED else 1) if needs & COLLECTED else 0
        return passes * self._config.prune.calibration_clips * self._speeds[subject].forward

    def searches(self, cells: Sequence[Cell]) -> float:
        """Of the searches for the widths of the cells."""
        return sum(self.search(cell) for cell in {searched_cell(cell) for cell in cells if is_searched(cell)})

    def search(self, cell: Cell) -> float:
        """Of one search: each candidate is recalibrated on training clips and predicts the validation clips."""
        allocation, subject = cell.allocation, cell.base.subject
        assert isinstance(allocation, Searched)
        speed, tail = self._speeds[subject], cell.scope.in_tail
        share = speed.timed(*self._shares[subject].get((cell.scope.label, cell.ratio), (1.0, 1.0)))[tail]
        clips = allocation.recalibration_clips + self._validation[subject]
        return allocation.candidates * clips * share * (speed.tail_forward if tail else speed.forward)

    def rates(self, cells: Sequence[Cell]) -> float:
        """Of the trials that choose the rates of the cells."""
        tuning = self._config.finetune
        if len(tuning.rates) == 1:
            return 0.0
        groups = {(c.base.subject, c.finetune_scope, c.scope) for c in cells if c.finetune_scope != "none"}
        trials = len(tuning.rates) * (1 + len(tuning.rate_ratios))
        return sum(
            trials * (self._tuned(subject, scope, (1.0, 1.0), 2) + self._quantised(subject, 1.0))
            for subject, scope, _ in groups
        )

    def cell(self, cell: Cell) -> float:
        """Of one cell, given its base model, its scores and its rate."""
        subject = cell.base.subject
        macs = self._shares[subject].get((cell.scope.label, cell.ratio), (1.0, 1.0))
        shares = self._speeds[subject].timed(*macs)
        return self._float(cell, shares, macs[0]) + self._quantised(subject, shares[0])

    def _float(self, cell: Cell, shares: tuple[float, float], macs: float) -> float:
        """Of all stages but the quantised one, given shares of time, and of the backbone's MACs."""
        subject = cell.base.subject
        if cell.control in FROM_SCRATCH:
            whole, _ = shares
            training, tuning = self._config.base.recipe, self._tuning
            speed = self._speeds[subject]
            steps = self._trained(subject, training, whole)
            if cell.control == "scratch-macs":
                trained = training.steps * training.batch + self._config.sparsify.clips
                clips = round(trained / macs) + tuning.steps * tuning.batch
                steps = whole * clips * speed.step
            return steps + whole * self._clips[subject] * speed.forward + speed.outcome
        if cell.criterion or cell.control == "unpruned-fine-tuned":
            recalibrated = bool(self._config.recalibration_clips(cell.schedule))
            masks = cell.criterion is not None and cell.schedule.masks
            stages = 1 if masks else 1 + bool(cell.criterion) + recalibrated
            return self._tuned(subject, cell.finetune_scope, shares, stages, masks=masks)
        return self._speeds[subject].outcome

    def _quantised(self, subject: int, share: float) -> float:
        """Of the passes of a shape that is quantised: on the clips that calibrate it, then on those that are scored."""
        if self._config.quantise is None:
            return 0.0
        clips = self._config.quantise.clips + self._clips[subject]
        return share * clips * self._speeds[subject].forward

    def _trained(
        self, subject: int, recipe: Recipe, share: float, *, tail: bool = False, every: int = 0
    ) -> float:
        """Of a training of a shape of this share of the unpruned model's time, evaluated every so many steps."""
        speed = self._speeds[subject]
        step, forward = (speed.tail_step, speed.tail_forward) if tail else (speed.step, speed.forward)
        steps = float(recipe.steps)
        if isinstance(recipe, ConvergingRecipe):
            steps, every = steps * self._of_bound, recipe.evaluate_every
        elif isinstance(recipe, FullRecipe):
            every = recipe.evaluate_every
        looks = 1 + math.ceil(steps / every) if every else 0
        return share * (steps * recipe.batch * step + looks * self._validation[subject] * forward)

    def _tuned(
        self, subject: int, scope: str, shares: tuple[float, float], stages: int, *, masks: bool = False
    ) -> float:
        """Of fine-tuning a shape, at each length, and evaluating it after each stage.

        A schedule that masks filters trains the unpruned shape for `finetune.steps`.
        """
        tail, speed = scope == "tail", self._speeds[subject]
        share, forward = shares[tail], speed.tail_forward if tail else speed.forward
        lengths = [] if scope == "none" else [r for r in (self._tuning, self._long) if r is not None]
        every = self._config.finetune.evaluate_every
        trained = sum(
            self._trained(subject, r, 1.0 if masks and r is self._tuning else share, tail=tail, every=every)
            for r in lengths
        )
        looked = (stages + max(0, len(lengths) - 1)) * self._clips[subject] * forward
        return trained + share * looked + speed.outcome
