"""Iterative pruning: score, remove and fine-tune in rounds, scores taken anew on what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

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


@dataclass(frozen=True, kw_only=True)
class Iterative(Job):
    """Rounds of surgery, recalibration and fine-tuning, which shares its steps out among them.

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
            "parts": [p if isinstance(p, tuple) else [p.kind, p.amount] for p in self.parts],
            "reversed": self.reversed,
            "version": schedule.VERSION,
            **({} if job.reduction == DEFAULT else {"reduction": job.reduction}),
        }
        return {
            "finetuning": self.finetuning.decides(),
            **recalibration.decides(self.recalibration_clips),
            "rounds": rounds,
        }

    def inputs(self, cache: Cache) -> Inputs:
        """As `Job.inputs`."""
        return Inputs.of(self.base, self.finetuning, cache)

    def run(self, base: Tagger, stages: Stages) -> Tagger:
        """As `Job.run`; of the rounds before the last nothing is measured."""
        shape, layers = self.base.model, self.scoring.layers
        every = {layer: np.arange(n) for layer, n in zip(layers, shape.filters(layers), strict=True)}
        model, alive = base, every
        for number in range(len(self.parts)):
            places, constants = self._lowest(model, alive, number, stages.inputs.cache)
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

    def _lowest(
        self,
        model: Tagger,
        alive: Mapping[str, np.ndarray],
        number: int,
        cache: Cache,
    ) -> tuple[dict[str, tuple[int, ...]], Constants]:
        """The filters of what is left that go in a round, by layer, and the constants that take their places."""
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

    def _counts(self, number: int, scores: LayerScores, alive: Mapping[str, np.ndarray]) -> tuple[int, ...]:
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
