"""The table `converge` of `[base]` and `[finetune]`: training until validation mAP stops rising."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import pydantic
from pydantic import Field

from prunebench.harness.training.converging import ConvergingRecipe
from prunebench.harness.training.recipe import Recipe


class ConvergeSection(pydantic.BaseModel):
    """When a training ends: a warm-up, a constant rate until patience is over, a cool-down to 0."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    most_steps: int = Field(10_000, ge=2, description="upper bound, cool-down included")
    evaluate_every: int = Field(100, ge=1, description="steps between evaluations on validation clips")
    patience: int = Field(
        500, ge=1, description="steps without a rise of validation mAP before the cool-down"
    )
    warmup_steps: int = Field(20, ge=0, description="over which the rate rises")
    cooldown: float = Field(0.2, ge=0, lt=1, description="share of all steps over which the rate falls to 0")

    @pydantic.model_validator(mode="after")
    def _warm_before_it_is_judged(self) -> ConvergeSection:
        if self.warmup_steps >= self.patience:
            raise ValueError(
                "`warmup_steps` must be fewer than `patience`, or a training could end before it has begun. Found "
                f"`warmup_steps = {self.warmup_steps}` and `patience = {self.patience}`: change one of the two"
            )
        return self


def _none(value: Any) -> Any:
    return None if value is False else value


# `converge = false` is as if left out.
Converge = Annotated[ConvergeSection | None, pydantic.BeforeValidator(_none)]


def converging(recipe: Recipe, section: ConvergeSection | None) -> Recipe:
    """The recipe, until it converges where there is such a table."""
    if section is None:
        return recipe
    given = section.model_dump()
    steps = given.pop("most_steps")
    return ConvergingRecipe(**{**asdict(recipe), "steps": steps, "warmup": 0.0, **given})


def check_converging(
    table: str, section: ConvergeSection | None, *, at_scale: bool, evaluate_every: int = 0
) -> None:
    """What else a table with `converge` may hold.

    Raises:
        ValueError: for what decides the same thing twice.
    """
    if section is None:
        return
    if at_scale:
        raise ValueError(
            f"`{table}.at_scale` cannot be combined with `{table}.converge`, because training at full size takes a "
            "fixed number of steps and keeps both the best and the last iterate: leave out one of the two"
        )
    if evaluate_every:
        raise ValueError(
            f"`{table}.converge` has its own `evaluate_every`, so `{table}.evaluate_every` must be 0. "
            f"Found {evaluate_every}: set `{table}.converge.evaluate_every`"
        )
