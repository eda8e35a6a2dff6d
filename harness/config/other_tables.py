"""The tables `[model]`, `[controls]` and `[measure]` of a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pydantic
from pydantic import Field

from prunebench.eval.runtime.backends import backend
from prunebench.harness.config.fields import Section, _once


class ModelSection(Section):
    """The unpruned model: trained here, or a checkpoint."""

    width: float = Field(0.125, gt=0, le=4, description="multiplier on the published widths and embedding")
    checkpoint: str | None = Field(
        None, description="file of a Cnn14 of any widths that is pruned instead of a model trained here"
    )
    adapt: Literal["head", "all", "none"] = Field(
        "head", description="what `base` trains of a checkpoint whose classes are others; `none` refuses it"
    )

    @pydantic.field_validator("checkpoint")
    @classmethod
    def _wherever_the_run_goes_on(cls, checkpoint: str | None) -> str | None:
        return checkpoint and str(Path(checkpoint).resolve())

    @pydantic.model_validator(mode="after")
    def _one_or_the_other(self) -> ModelSection:
        if self.checkpoint and "width" in self.model_fields_set and self.width != 0.125:
            raise ValueError(
                "`model.width` is that of models trained here, and a checkpoint has its own widths. Found both "
                "`model.width` and `model.checkpoint`: leave one out"
            )
        return self


class ControlsSection(Section):
    """Cells that no criterion made; the unpruned ones and `random` are always in the grid."""

    reversed: bool = Field(False, description="each criterion upside down")
    scratch: bool = Field(
        False, description="the pruned shape from new weights, as many steps as the base model"
    )
    scratch_macs: bool = Field(
        False, description="the same with as many MACs as the base model and its fine-tuning took in all"
    )


class MeasureSection(Section):
    """Latency and memory of each distinct shape, alone on the machine."""

    latency: bool = True
    seconds: float = Field(10.0, ge=0.5, description="length of the clip that is timed")
    budget_s: float = Field(
        8.0,
        gt=0,
        description="time for timing up to four shapes; more get more in proportion",
    )
    precision: float = Field(
        0.02, gt=0, description="of latency ratios, relative, at 95 %, where time allows"
    )
    backends: tuple[str, ...] = Field((), description="ways to run a model that are timed beside torch's own")
    batch: int = Field(1, ge=1, description="clips a pass through these backends")

    @pydantic.field_validator("backends")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            backend(name)
        return _once(names)
