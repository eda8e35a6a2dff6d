"""What the pieces of a sweep cost, from what the unpruned model costs.

A training step, or a forward pass, of a shape costs what it costs the unpruned model times the shape's share of that
model's MACs (backbone), and through cached outputs of C1–C6 times its share of the MACs of what follows. Cells are
taken to share nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from prunebench.harness.config.config import Config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.plan.cell import Cell
from prunebench.harness.plan.plan import Plan
from prunebench.pruners.contract import COLLECTED


@dataclass(frozen=True)
class UnitCosts:
    """What an unpruned model takes on its data set, on one thread count.

    Args:
        step: seconds of a training step of all layers, for each clip of its batch.
        tail_step: the same of C7–C12 and the head.
        forward: seconds of a forward pass, for each clip.
        tail_forward: the same of C7–C12 and the head.
        outcome: seconds that each trained model takes besides.
    """

    step: float
    tail_step: float
    forward: float
    tail_forward: float
    outcome: float


RELATIVE = UnitCosts(step=3.0, tail_step=1.6, forward=1.0, tail_forward=0.5, outcome=0.0)
"""In forward passes of a clip: enough to tell a long cell from a short one."""


class Costs:
    """Costs of pieces of a plan, in the unit of the speeds.

    Args:
        config: the sweep.
        plan: of the configuration.
        speeds: of each subject of the plan.
    """

    def __init__(self, config: Config, plan: Plan, speeds: Sequence[UnitCosts]) -> None:
        self._config, self._speeds = config, speeds
        self._needs: dict[str, frozenset[str]] = {}
        self._tuning = config.finetune.recipe(config.finetune.rates[0])
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
        kept = table.checkpoint is not None and table.adapt != "all"
        steps = 0 if kept else training.steps * training.batch * speed.step
        return steps + 2 * self._clips[subject] * speed.forward + speed.outcome

    def scores(self, cells: Sequence[Cell]) -> float:
        """Of collecting what the criteria of the cells ask for."""
        asked = {(c.base, c.criterion, c.prune_seed) for c in cells if c.criterion}
        return sum(self.criterion(base.subject, criterion) for base, criterion, _ in asked)

    def criterion(self, subject: int, criterion: str) -> float:
        """Of collecting what one criterion asks for of one base model, nothing where it looks at weights alone."""
        if criterion not in self._needs:  # finding a pruner looks at what is installed: once is enough
            self._needs[criterion] = self._config.prune.pruner(criterion).needs
        needs = self._needs[criterion]
        passes = (3 if "gradients" in needs else 1) if needs & COLLECTED else 0
        return passes * self._config.prune.calibration_clips * self._speeds[subject].forward

    def rates(self, cells: Sequence[Cell]) -> float:
        """Of the trials that choose the rates of the cells."""
        tuning = self._config.finetune
        if len(tuning.rates) == 1:
            return 0.0
        groups = {(c.base.subject, c.finetune_scope, c.scope) for c in cells if c.finetune_scope != "none"}
        trials = len(tuning.rates) * (1 + len(tuning.rate_ratios))
        return sum(trials * self._tuned(subject, scope, (1.0, 1.0), 2) for subject, scope, _ in groups)

    def cell(self, cell: Cell) -> float:
        """Of one cell, given its base model, its scores and its rate."""
        subject = cell.base.subject
        shares = self._shares[subject].get((cell.scope.label, cell.ratio), (1.0, 1.0))
        if cell.control in ("scratch", "scratch-macs"):
            whole, _ = shares
            training, tuning = self._config.base.recipe, self._tuning
            clips = training.steps * training.batch
            if cell.control == "scratch-macs":
                clips = round(clips / whole) + tuning.steps * tuning.batch
            speed = self._speeds[subject]
            return whole * (clips * speed.step + self._clips[subject] * speed.forward) + speed.outcome
        if cell.criterion or cell.control == "unpruned-fine-tuned":
            recalibrated = bool(self._config.recalibration_clips(cell.schedule))
            stages = 1 + bool(cell.criterion) + recalibrated
            return self._tuned(subject, cell.finetune_scope, shares, stages)
        return self._speeds[subject].outcome

    def _tuned(self, subject: int, scope: str, shares: tuple[float, float], stages: int) -> float:
        """Of fine-tuning a shape and evaluating it after each stage."""
        tuning, speed, every = self._tuning, self._speeds[subject], self._config.finetune.evaluate_every
        share = shares[scope == "tail"]
        step = {"tail": speed.tail_step, "all": speed.step, "none": 0.0}[scope]
        forward = speed.tail_forward if scope == "tail" else speed.forward
        looks = 1 + math.ceil(tuning.steps / every) if every and scope != "none" else 0
        evaluated = looks * self._validation[subject] + stages * self._clips[subject]
        return share * (tuning.steps * tuning.batch * step + evaluated * forward) + speed.outcome
