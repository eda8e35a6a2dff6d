"""What the file of a frozen base model says beside the weights, checked when it is read."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

SCHEMA_VERSION = 1

_Whole = Annotated[int, Field(ge=0, lt=1 << 63)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class FrozenQuality(BaseModel):
    """How well the model tags in the precision of its file, and how its training ended.

    Args:
        validation_map, test_map: mean average precision, in [0, 1].
        steps: of the training, cool-down included.
        best_step: after which the weights were taken.
        bound_reached: 1.0 where the upper bound ended the training, else 0.0.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")
    validation_map: _Share
    test_map: _Share
    steps: _Whole | None = None
    best_step: _Whole | None = None
    bound_reached: _Share | None = None

    def training(self) -> dict[str, float]:
        """How the training ended, by the names that a record has for it."""
        found = {"steps": self.steps, "best_step": self.best_step, "bound_reached": self.bound_reached}
        return {name: value for name, value in found.items() if value is not None}


class FrozenMetadata(BaseModel):
    """What a file says.

    Args:
        set_name: of the set that it is one of.
        seed: of weights, data order and dropout.
        network: label, with the parameters that decide its widths.
        widths: group → filters.
        class_names: of the outputs.
        sample_rate: of the waveforms, Hz.
        data: identity of the data set that it was trained on, by the splits that this has.
        recipe: table `[base]` of the configuration that it was trained with, without its seeds.
        quality: of the model.
        curve: (step, validation mAP) along its training.
        computed: tensors of the model that are not in the file, since every new model has the same.
        torch, prunebench: versions that it was made with.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")
    set_name: str
    seed: _Whole
    network: str
    widths: dict[str, _Whole]
    class_names: tuple[str, ...]
    sample_rate: _Whole
    data: dict[str, JsonValue]
    recipe: dict[str, JsonValue]
    quality: FrozenQuality
    curve: tuple[tuple[_Whole, _Share], ...]
    computed: tuple[str, ...]
    torch: str
    prunebench: str
