"""The table `at_scale` of a configuration: training at full size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Literal

import pydantic
from pydantic import Field

from prunebench.harness.training.loop import Recipe
from prunebench.harness.training.recipe import FullRecipe, check_devices, resolve_device


class FullSection(pydantic.BaseModel):
    """What `base` and `finetune` gain at full size; without this table the small loop trains."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    optimiser: Literal["adam", "adamw"] = "adam"
    schedule: Literal["constant", "cosine"] = "constant"
    sampling: Literal["balanced", "shuffled"] = "balanced"
    evaluate_every: int = Field(
        2000, ge=0, description="steps between evaluations on validation clips; 0 for none"
    )
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    accumulate: int = Field(1, ge=1, description="passes that a step's batch is split into")
    device: str = Field("auto", description="auto, cpu, cuda or mps; resolved when it is read")
    devices: int = Field(1, ge=1, description="processes, each with a device of its own")

    @pydantic.field_validator("device")
    @classmethod
    def _there(cls, name: str) -> str:
        return resolve_device(name)


def full_size(recipe: Recipe, section: FullSection | None) -> Recipe:
    """The recipe, at full size where there is such a table."""
    return recipe if section is None else FullRecipe(**asdict(recipe), **section.model_dump())


def check_full_size(base: Recipe, finetune: Recipe, scopes: Sequence[str], *, distilled: bool) -> None:
    """What the recipes of a configuration ask of the machine, of its fine-tuning scopes and of its targets.

    Raises:
        ValueError: for what cannot be.
    """
    for recipe in (base, finetune):
        if isinstance(recipe, FullRecipe):
            check_devices(recipe)
    if isinstance(finetune, FullRecipe) and "tail" in scopes:
        raise ValueError(
            "`finetune.at_scale` trains every layer, so `finetune.scopes` must be `all` or `none`. "
            f"Found {', '.join(scopes)}"
        )
    if isinstance(finetune, FullRecipe) and distilled and finetune.sampling == "balanced":
        raise ValueError(
            "`finetune.at_scale.sampling` can balance labels alone, and distillation trains on what the base model "
            "says too: choose `shuffled`"
        )
