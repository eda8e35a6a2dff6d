"""Jobs that score again while they fine-tune, and iterative pruning: score, remove and fine-tune in rounds."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from prunebench.harness.budget import schedule
from prunebench.harness.budget.allocation import Allocation, Global
from prunebench.harness.budget.counts import LayerScores, counts_along
from prunebench.harness.budget.ratio import lowest
from prunebench.harness.budget.target import BudgetPoint
from prunebench.harness.cells.finetuning import Finetuning, round_seed
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.cells.job import Job
from prunebench.harness.cells.scores import ScoringJob, score_model
from prunebench.harness.cells.stages import Stages
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.pruning import recalibration
from prunebench.harness.pruning.folded_means import Constants, folded, of_removed
from prunebench.harness.pruning.reduction import DEFAULT
from prunebench.harness.workspace.cache import Cache

Alive = Mapping[str, NDArray[np.int64]]  # layer → filters of the base model that are left, ascending


@dataclass(frozen=True, kw_only=True)
class Rescored(Job):
    """What jobs with several rounds of scores have in common.

    Args:
        scoring: the criterion, and the layers of the scope.
        allocation: of `global` each part is a budget, else how many filters each layer has lost in all.
        parts: one for each round.
        reversed: the highest scores go instead.
        criterion: what else decides the scores, its version say.
        finetuning: of all rounds together.
        recalibration_clips: training clips on which batch norm is estimated anew after each removal; 0 for none.
    """

    scoring: ScoringJob
    allocation: Allocation
    parts: tuple[BudgetPoint | tuple[int, ...], ...]
    reversed: bool
    criterion: str
    finetuning: Finetuning
    recalibration_clips: int = 0

    def decides(self) -> dict[str, object]:
        """As `Job.decides`."""
        job = self.scoring
        rounds = {
            "criterion": [job.criterion, job.seed, self.criterion],
            "layers": job.layers,
            "allocation": self.allocation.label,
            "reversed": self.reversed,
            "version": schedule.VERSION,
            **({} if job.reduction == DEFAULT else {"reduction": job.reduction}),
            **self.decides_rounds(),
        }
        return {
            "finetuning": self.finetuning.decides(),
            **recalibration.decides(self.recalibration_clips),
            "rounds": rounds,
        }

    @abstractmethod
    def decides_rounds(self) -> dict[str, object]:
        """What rounds are, as JSON values."""

    def told(self, part: BudgetPoint | tuple[int, ...]) -> object:
        """A part as a JSON value."""
        if isinstance(part, tuple):
            return part
        told, others = [part.kind, part.amount], self.base.model.decides(part.kind)
        return [*told, others] if others else told

    def inputs(self, cache: Cache) -> Inputs:
        """As `Job.inputs`."""
        return Inputs.of(self.base, self.finetuning, cache)

    def every(self) -> Alive:
        """All filters of the scope."""
        layers = self.scoring.layers
        sizes = zip(layers, self.base.model.filters(layers), strict=True)
        return {layer: np.arange(filters) for layer, filters in sizes}

    def lowest(
        self, model: Tagger, alive: Alive, number: int, cache: Cache
    ) -> tuple[dict[str, tuple[int, ...]], Constants]:
        """The filters that a round removes, as indices into the current model, and the constants that replace them.

        Args:
            model: the current one, what is left of the base model.
            alive: the filters that it has, as indices into the base model.
            number: of the round.
            cache: where the features are.
        """
        job = self.scoring
        scoring = score_model(job, model, job.layers, cache, seed=round_seed(job.seed or 0, number))
        scores = scoring.scores
        if self.reversed:
            scores = {layer: -values for layer, values in scores.items()}
        counts = self._counts(number, scores, alive)
        places = {
            layer: lowest(torch.from_numpy(scores[layer]), count)
            for layer, count in zip(job.layers, counts, strict=True)
        }
        return places, of_removed(scoring.constants, places)

    def _counts(self, number: int, scores: LayerScores, alive: Alive) -> tuple[int, ...]:
        """Filters that each layer loses in a round; a target must be met by the last alone."""
        model, layers, part = self.base.model, self.scoring.layers, self.parts[number]
        last = number == len(self.parts) - 1
        filters = dict(zip(layers, model.filters(layers), strict=True))
        before = [filters[layer] - len(alive[layer]) for layer in layers]
        if isinstance(part, tuple):
            return tuple(total - gone for total, gone in zip(part, before, strict=True))
        assert isinstance(self.allocation, Global)
        order = self.allocation.order(scores, filters)
        return counts_along(order, part, model, layers, self.allocation.keeps, before, exact=last)


@dataclass(frozen=True, kw_only=True)
class Iterative(Rescored):
    """Rounds of surgery, recalibration and fine-tuning; the steps of fine-tuning are divided among them."""

    def decides_rounds(self) -> dict[str, object]:
        """As `Rescored.decides_rounds`."""
        return {"parts": [self.told(part) for part in self.parts]}

    def run(self, base: Tagger, stages: Stages) -> Tagger:
        """As `Job.run`; of the rounds before the last nothing is measured."""
        every = self.every()
        model, alive = base, every
        for number in range(len(self.parts)):
            places, constants = self.lowest(model, alive, number, stages.inputs.cache)
            model = folded(model, places, constants).without(places)
            alive = {layer: np.delete(alive[layer], list(rows)) for layer, rows in places.items()}
            last = number == len(self.parts) - 1
            stages.recalibrate(model, self.recalibration_clips, measured=last)
            part_of = self.finetuning.of_round(number, len(self.parts))
            stages.finetune(model, part_of, f"round{number}", measured=last)
        stages.removed = {
            layer: tuple(np.setdiff1d(every[layer], kept).tolist()) for layer, kept in alive.items()
        }
        return model
