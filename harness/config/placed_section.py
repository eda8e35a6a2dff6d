"""The keys `device` and `precision` of a configuration: where a run is, and how precisely it trains."""

from __future__ import annotations

from typing import TypeVar

import pydantic
from pydantic import Field

from prunebench.harness.config.fields import Section
from prunebench.harness.config.training_tables import FullSection
from prunebench.harness.training.placement import (
    CPU,
    NumberFormat,
    Placement,
    check_placement,
    resolve_device,
)

P = TypeVar("P", bound="PlacedSection")


class PlacedSection(Section):
    """What has a place."""

    device: str = Field(
        "cpu",
        description="auto (resolved when it is read), cpu, cuda, cuda:1 or mps; part of identities unless it is cpu",
    )
    precision: NumberFormat = Field(
        "float32",
        description="of trainings: float32, bfloat16 or float16; part of identities unless it is float32",
    )

    @pydantic.field_validator("device")
    @classmethod
    def _there(cls, name: str) -> str:
        return resolve_device(name)

    @pydantic.model_validator(mode="after")
    def _placement_is_possible(self: P) -> P:
        check_placement(self.placement)
        return self

    @property
    def placement(self) -> Placement:
        """Where models are scored, predict and are trained, but for trainings of full size, which say it themselves."""
        return Placement(self.device, self.precision)

    def kind_with(self, *at_scale: FullSection | None) -> str:
        """The kind of device that trainings run on, with those of full size: `"cpu"` where all run on processors."""
        kinds = {
            self.placement.kind,
            *(Placement(table.device).kind for table in at_scale if table is not None),
        }
        return min(kinds - {CPU.kind}, default=CPU.kind)
