"""Schedules that mask filters during one training and remove them at its end: progressive and soft."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from prunebench.harness.budget.schedule import Schedule
from prunebench.harness.cells.finetuning import round_seed
from prunebench.harness.cells.iterative import Rescored
from prunebench.harness.cells.stages import Stages
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.training.filter_masks import Filters, Masking
from prunebench.harness.workspace.cache import Cache


@dataclass(frozen=True, kw_only=True)
class MaskedTraining(Rescored):
    """One training along which filters are masked; those that are masked at its end are removed.

    Args:
        schedule: `progressive` or `soft`; `parts` has one for each time that filters are chosen.
    """

    schedule: Schedule

    def decides_rounds(self) -> dict[str, object]:
        """As `Rescored.decides_rounds`; when filters are chosen follows from the schedule and the steps."""
        schedule = self.schedule
        return {"masked": [schedule.name, schedule.rounds, schedule.every], "part": self.told(self.parts[-1])}

    def run(self, base: Tagger, stages: Stages) -> Tagger:
        """As `Job.run`; where there are two lengths, the long one goes on from what the short one left."""
        tuning, cache = self.finetuning, stages.inputs.cache

        def choose(model: Tagger, number: int, masked: Filters) -> Filters:
            return self._masked(model, number, masked, cache)

        masking = Masking(self.schedule.times(tuning.recipe.steps), choose, held=self.schedule.keeps_masks)
        model = stages.finetune_masked(base.without({}), tuning, masking, self.recalibration_clips)
        stages.removed = {layer: masking.masked[layer] for layer in self.scoring.layers}
        if tuning.long is not None:
            stages.converge(model, replace(tuning, seed=round_seed(tuning.seed, 1)))
        return model

    def _masked(self, model: Tagger, number: int, masked: Filters, cache: Cache) -> Filters:
        """The filters that are masked from one point in time on. They are scored on what masking leaves.

        Masks only grow where they are kept. Otherwise every filter is scored again, those that have recovered too.
        """
        before: Filters = masked if self.schedule.keeps_masks else {}
        gone = {layer: np.array(before.get(layer, ()), dtype=np.int64) for layer in self.scoring.layers}
        alive = {layer: np.setdiff1d(filters, gone[layer]) for layer, filters in self.every().items()}
        places, constants = self.lowest(model.without(before), alive, number, cache)
        assert not constants, "a configuration with constants in place of masked filters is refused"
        return {
            layer: tuple(sorted([*gone[layer].tolist(), *alive[layer][list(rows)].tolist()]))
            for layer, rows in places.items()
        }
