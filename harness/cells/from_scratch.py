"""The job of the controls from scratch: a pruned shape, trained from new weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

from prunebench.eval.run.record import CONVERGED, FINE_TUNED
from prunebench.harness.cells.base_model import new_model
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.cells.job import Job
from prunebench.harness.cells.stages import Stages
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.training.converging import ConvergingRecipe
from prunebench.harness.workspace.cache import Cache


@dataclass(frozen=True)
class FromScratch(Job):
    """A model of the remaining shape, trained as the base model was; how many filters are removed matters alone.

    Args:
        steps: of the training, `None` for those of the base model, which may end by convergence.
    """

    steps: int | None = None

    def decides(self) -> dict[str, object]:
        """As `Job.decides`."""
        return {"scratch": True, **({} if self.steps is None else {"scratch_steps": self.steps})}

    def inputs(self, cache: Cache) -> Inputs:
        """As `Job.inputs`."""
        return Inputs.of(self.base, None, cache)

    def run(self, base: Tagger, stages: Stages) -> Tagger:
        """As `Job.run`; no stage of the base model counts."""
        shape = self.base.model
        widths = shape.without(tuple(self.removed), [len(filters) for filters in self.removed.values()])
        model, recipe = new_model(self.base, widths), self.base.recipe
        if self.steps is not None:
            recipe = replace(recipe, steps=self.steps)
        stages.train(model, stages.inputs.training(recipe, self.base.seed), "training_seconds")
        stages.quality.clear()
        stages.measure(CONVERGED if isinstance(recipe, ConvergingRecipe) else FINE_TUNED, model)
        return model
