"""The tables `[base]` and `[finetune]` of a configuration, and in them `at_scale`: training at full size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Literal

import pydantic
from pydantic import Field

from prunebench.eval.text.written_labels import written
from prunebench.harness.budget.schedule import ONE_SHOT, Schedule, parse_schedule
from prunebench.harness.config.converge_table import Converge, check_converging, converging
from prunebench.harness.config.fields import Labels, Listed, Rate, Rates, Section, Seeds, Shares, _once
from prunebench.harness.config.frozen_section import NO_TRAINING, FrozenSection
from prunebench.harness.training.converging import ConvergingRecipe
from prunebench.harness.training.full_recipe import FullRecipe, check_devices
from prunebench.harness.training.placement import resolve_device
from prunebench.harness.training.recipe import Recipe

FinetuneScope = Literal["tail", "all", "none"]


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
    accumulate: int = Field(1, ge=1, description="number of passes into which the batch of a step is split")
    device: str = Field("auto", description="auto, cpu, cuda, cuda:1 or mps; resolved when it is read")
    devices: int = Field(1, ge=1, description="processes, each on its own device")

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
    for table, recipe in (("base", base), ("finetune", finetune)):
        if isinstance(recipe, FullRecipe):
            try:
                check_devices(recipe)
            except ValueError as error:
                raise ValueError(f"`{table}.at_scale.devices`: {error}") from error
    if isinstance(finetune, FullRecipe) and "tail" in scopes:
        raise ValueError(
            "`finetune.at_scale` trains every layer, so `finetune.scopes` must be `all` or `none`. "
            f"Found {', '.join(scopes)}: leave out `tail`"
        )
    if isinstance(finetune, FullRecipe) and distilled and finetune.sampling == "balanced":
        raise ValueError(
            "`finetune.at_scale.sampling` can balance only labels, but distillation also trains on the probabilities "
            "of the base model: choose `shuffled`"
        )


class BaseSection(FrozenSection):
    """Training of the base models, one per seed; all criteria share them."""

    seeds: Seeds = (0,)
    steps: int = Field(1000, ge=0)
    batch: int = Field(16, ge=2)
    learning_rate: Rate = 1e-3
    warmup: float = Field(0.1, ge=0, lt=1)
    weight_decay: float = Field(0.01, ge=0, allow_inf_nan=False)
    clip_norm: float = Field(1.0, gt=0)
    spec_augment: bool = False
    mixup: float = Field(0.0, ge=0, allow_inf_nan=False)
    at_scale: FullSection | None = Field(None, description="training at full size, on any device")
    converge: Converge = Field(
        None, description="instead of `steps`: until validation mAP stops rising; `false` for `steps`"
    )

    @pydantic.model_validator(mode="after")
    def _of_one_length(self) -> BaseSection:
        check_converging("base", self.converge, at_scale=self.at_scale is not None)
        if self.converge is not None and self.steps != type(self).model_fields["steps"].default:
            raise ValueError(
                "A training with `base.converge` ends by patience, so `base.steps` must be left out. Found "
                f"`base.steps = {self.steps}`: set `base.converge.most_steps`, or `base.converge = false`"
            )
        return self

    @property
    def recipe(self) -> Recipe:
        """What the training loop takes."""
        plain = Recipe(**self.model_dump(exclude={*NO_TRAINING, "at_scale", "converge"}))
        return full_size(converging(plain, self.converge), self.at_scale)


class FinetuneSection(Section):
    """Fine-tuning, the same for every cell; one rate per data set and scope, chosen on validation clips."""

    scopes: Annotated[tuple[FinetuneScope, ...], Field(min_length=1), Listed] = ("tail",)
    schedules: Labels = Field(
        (ONE_SHOT,),
        description="`one-shot`, `iterative[rounds=…]`, `progressive[rounds=…]` or `soft[every=…]`, each with "
        "`distillation=…`, `recalibration_clips=…`",
    )
    seeds: Seeds = (0, 1)
    steps: int = Field(
        60,
        ge=1,
        description="total over all rounds of a schedule; with `converge`, the steps of the short length",
    )
    rates: Rates = (3e-4, 1e-3, 3e-3)
    rate_ratios: Shares = Field(
        (0.25, 0.5, 0.75), description="ratios of the random cells that choose the rate"
    )
    batch: int = Field(16, ge=2)
    warmup: float = Field(0.1, ge=0, lt=1)
    weight_decay: float = Field(0.01, ge=0, allow_inf_nan=False)
    clip_norm: float = Field(1.0, gt=0)
    spec_augment: bool = False
    mixup: float = Field(0.0, ge=0, allow_inf_nan=False)
    evaluate_every: int = Field(
        0, ge=0, description="steps between evaluations on validation clips, for `curves.jsonl`; 0 for none"
    )
    at_scale: FullSection | None = Field(None, description="training at full size, on any device")
    converge: Converge = Field(
        None, description="a second length, until validation mAP stops rising; `false` for none"
    )

    @pydantic.model_validator(mode="after")
    def _of_two_lengths(self) -> FinetuneSection:
        check_converging(
            "finetune", self.converge, at_scale=self.at_scale is not None, evaluate_every=self.evaluate_every
        )
        if self.converge is not None and self.steps > self.converge.most_steps:
            raise ValueError(
                "`finetune.converge.most_steps` must be at least `finetune.steps`, the short length. Found "
                f"{self.converge.most_steps} and {self.steps}: raise `finetune.converge.most_steps`"
            )
        return self

    @pydantic.model_validator(mode="after")
    def _evaluated_by_one(self) -> FinetuneSection:
        if self.at_scale is not None and self.evaluate_every:
            raise ValueError(
                "`finetune.at_scale` has its own `evaluate_every`, so `finetune.evaluate_every` must be 0. Found "
                f"{self.evaluate_every}: set `finetune.at_scale.evaluate_every`"
            )
        return self

    @pydantic.field_validator("schedules")
    @classmethod
    def _known(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        return _once(tuple(parse_schedule(label).label for label in labels))

    def parsed_schedules(self) -> tuple[Schedule, ...]:
        """The schedules as values."""
        return tuple(map(parse_schedule, self.schedules))

    def recipe(self, rate: float) -> Recipe:
        """What the training loop takes for the length of `steps`, at one of the rates."""
        long = self.long_recipe(rate)
        if long is not None:
            return long.short(self.steps)
        return full_size(self._plain(rate), self.at_scale)

    def long_recipe(self, rate: float) -> ConvergingRecipe | None:
        """What the training loop takes for the second length, at one of the rates; `None` without one."""
        found = converging(self._plain(rate), self.converge)
        return found if isinstance(found, ConvergingRecipe) else None

    def _plain(self, rate: float) -> Recipe:
        left_out = {
            "scopes",
            "schedules",
            "seeds",
            "rates",
            "rate_ratios",
            "evaluate_every",
            "at_scale",
            "converge",
        }
        return Recipe(learning_rate=rate, **self.model_dump(exclude=left_out))


def check_schedule(schedule: Schedule, tuned: FinetuneSection) -> None:
    """Whether the fine-tuning of a configuration can follow a schedule.

    Raises:
        ValueError: for one that has no fine-tuning, too few steps, or a loop that masks no filters.
    """
    named = f"`finetune.schedules` with `{written(schedule.label)}`"
    if schedule.rescores and "none" in tuned.scopes:
        how = "masks filters during fine-tuning" if schedule.masks else "fine-tunes in every round"
        raise ValueError(
            f"{named} {how}, so `finetune.scopes` must not contain `none`: leave out the schedule or `none`"
        )
    if schedule.rounds > tuned.steps:
        raise ValueError(
            f"{named} divides `finetune.steps` among its rounds, so each round needs at least one step. Found "
            f"`finetune.steps = {tuned.steps}`: give more steps, or fewer rounds"
        )
    if schedule.every >= tuned.steps:
        raise ValueError(
            f"{named} lets filters recover for `every` steps, so `finetune.steps` must be larger than `every`. Found "
            f"`finetune.steps = {tuned.steps}`: give more steps, or a smaller `every`"
        )
    if schedule.masks and tuned.at_scale is not None:
        raise ValueError(
            f"{named} masks filters during fine-tuning, which training at full size cannot do: leave out the schedule, "
            "or `finetune.at_scale`"
        )
