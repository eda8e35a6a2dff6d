"""The job of most cells: remove filters once, by scores of the base model, and fine-tune what is left."""

from __future__ import annotations

from dataclasses import dataclass, field

from prunebench.harness.cells.finetuning import Finetuning
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.cells.job import Job
from prunebench.harness.cells.stages import Stages
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.pruning import recalibration
from prunebench.harness.pruning.folded_means import Constants, folded
from prunebench.harness.workspace.cache import Cache


@dataclass(frozen=True)
class OneShot(Job):
    """Surgery, recalibration, fine-tuning. Without filters to remove it is the control `unpruned`.

    Args:
        finetuning: `None` to stop before it.
        recalibration_clips: training clips on which batch norm is estimated anew after surgery; 0 for none.
        constants: layer → of each filter that goes, the constant that its reader takes in.
    """

    finetuning: Finetuning | None = None
    recalibration_clips: int = 0
    constants: Constants = field(default_factory=dict)

    def decides(self) -> dict[str, object]:
        """As `Job.decides`."""
        return {
            "finetuning": self.finetuning.decides() if self.finetuning else None,
            **recalibration.decides(self.recalibration_clips),
            **(
                {"constants": {layer: list(c) for layer, c in self.constants.items()}}
                if self.constants
                else {}
            ),
        }

    def inputs(self, cache: Cache) -> Inputs:
        """As `Job.inputs`."""
        return Inputs.of(self.base, self.finetuning, cache)

    def run(self, base: Tagger, stages: Stages) -> Tagger:
        """As `Job.run`."""
        with stages.timed("surgery_seconds"):
            model = folded(base, self.removed, self.constants).without(self.removed)
        if any(self.removed.values()):
            stages.recalibrate(model, self.recalibration_clips)
        if self.finetuning is not None:
            stages.finetune(model, self.finetuning)
        return model
