"""Iterative pruning: score, remove and fine-tune in rounds, scores taken anew on what is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from prunebench.harness.budget.allocation import Global, parse_allocation
from prunebench.harness.budget.counts import counts_along
from prunebench.harness.budget.ratio import lowest
from prunebench.harness.budget.target import BudgetPoint
from prunebench.harness.cells.scores import Scores, ScoringJob, score_model
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.pruning.surgery import remove_filters
from prunebench.harness.workspace.cache import Cache

Removed = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Rounds:
    """What an iterative schedule does.

    Args:
        scoring: the criterion.
        layers: of the scope.
        allocation: label; of `global` each part is a budget, else how many filters each layer has lost in all.
        parts: one for each round.
        reversed: the highest scores go instead.
        criterion: what else decides its scores, its version say.
        version: of the schedule.
    """

    scoring: ScoringJob
    layers: tuple[str, ...]
    allocation: str
    parts: tuple[BudgetPoint | tuple[int, ...], ...]
    reversed: bool
    criterion: str
    version: int

    def decides(self) -> dict[str, object]:
        """All of it that decides a result, as JSON values."""
        job = self.scoring
        parts = [p if isinstance(p, tuple) else [p.kind, p.amount] for p in self.parts]
        return {
            "criterion": [job.criterion, job.seed, self.criterion],
            "layers": self.layers,
            "allocation": self.allocation,
            "parts": parts,
            "reversed": self.reversed,
            "version": self.version,
        }

    def run(
        self, base: Cnn14, cache: Cache, finetune: Callable[[Cnn14, int, bool], None]
    ) -> tuple[Cnn14, Removed]:
        """The pruned model, and the filters of the base model that it lost.

        Args:
            base: left as it is.
            cache: where calibration clips are.
            finetune: called after each removal with the model, which it trains in place, the number of the round and
                whether it is the last.
        """
        model, alive = base, {layer: np.arange(base.convolution(layer).out_channels) for layer in self.layers}
        for number, part in enumerate(self.parts):
            drawn = round_seed(self.scoring.seed or 0, number)
            scores = score_model(self.scoring, model, self.layers, cache, seed=drawn).scores
            if self.reversed:
                scores = {layer: -values for layer, values in scores.items()}
            counts = self._counts(part, scores, base, alive, last=number == len(self.parts) - 1)
            places = {
                layer: lowest(torch.from_numpy(scores[layer]), count)
                for layer, count in zip(self.layers, counts, strict=True)
            }
            model = remove_filters(model, places)
            alive = {layer: np.delete(alive[layer], list(rows)) for layer, rows in places.items()}
            finetune(model, number, number == len(self.parts) - 1)
        gone = {
            layer: np.setdiff1d(np.arange(base.convolution(layer).out_channels), kept)
            for layer, kept in alive.items()
        }
        return model, {layer: tuple(rows.tolist()) for layer, rows in gone.items()}

    def _counts(
        self,
        part: BudgetPoint | tuple[int, ...],
        scores: Scores,
        base: Cnn14,
        alive: Mapping[str, np.ndarray],
        *,
        last: bool,
    ) -> tuple[int, ...]:
        """Filters that each layer loses in this round."""
        before = [base.widths[LAYERS.index(layer)] - len(alive[layer]) for layer in self.layers]
        if isinstance(part, tuple):
            return tuple(total - gone for total, gone in zip(part, before, strict=True))
        allocation = parse_allocation(self.allocation)
        assert isinstance(allocation, Global)
        model = Architecture(base.widths, base.embedding, base.n_classes, base.sample_rate)
        filters = {layer: base.widths[LAYERS.index(layer)] for layer in self.layers}
        order = allocation.order(scores, filters)
        return counts_along(order, part, model, self.layers, allocation.keeps, before, exact=last)


def round_seed(seed: int, number: int) -> int:
    """The seed of a round: the first has the seed itself, so that its first draw is that of `one-shot`."""
    return seed if number == 0 else int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
