"""The tables of a configuration: what each field means, and which values it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pydantic
from pydantic import Field

from prunebench.eval.runtime.backends import backend
from prunebench.harness.budget.allocation import SameAs, parse_allocation
from prunebench.harness.budget.ratio import DEFAULT_SCOPE, parse_scope, scope_name
from prunebench.harness.budget.schedule import ONE_SHOT, parse_schedule
from prunebench.harness.budget.target import BudgetPoint
from prunebench.harness.config.training_tables import FullSection, full_size
from prunebench.harness.pruning.sources import file_pruners, resolve
from prunebench.harness.training.loop import Recipe
from prunebench.pruners.contract import Pruner
from prunebench.pruners.registry import BUILTIN

T = TypeVar("T")


def _once(values: tuple[T, ...]) -> tuple[T, ...]:
    """Each value once: a seed given twice is not a replicate."""
    return tuple(dict.fromkeys(values))


def _listed(value: Any) -> Any:
    """A value alone is a list of one."""
    return value if isinstance(value, list | tuple) else [value]


Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Listed = pydantic.BeforeValidator(_listed)
Rates = Annotated[tuple[Rate, ...], Field(min_length=1), Listed, pydantic.AfterValidator(_once)]
Share = Annotated[float, Field(gt=0, lt=1)]
Shares = Annotated[tuple[Share, ...], Field(min_length=1), Listed, pydantic.AfterValidator(_once)]
Targets = Annotated[tuple[Share, ...], Listed, pydantic.AfterValidator(_once)]
Labels = Annotated[tuple[str, ...], Field(min_length=1), Listed]
Seeds = Annotated[
    tuple[pydantic.NonNegativeInt, ...], Field(min_length=1), Listed, pydantic.AfterValidator(_once)
]


class Section(pydantic.BaseModel):
    """A table of the configuration: unknown keys are refused, values do not change once read."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


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


class BaseSection(Section):
    """Training of the base models, one per seed; all criteria share them."""

    seeds: Seeds = (0,)
    steps: int = Field(1000, ge=0)
    batch: int = Field(16, ge=2)
    learning_rate: Rate = 1e-3
    warmup: float = Field(0.1, ge=0, lt=1)
    weight_decay: float = Field(0.01, ge=0)
    clip_norm: float = Field(1.0, gt=0)
    spec_augment: bool = False
    mixup: float = Field(0.0, ge=0)
    at_scale: FullSection | None = Field(None, description="training at full size, on any device")

    @property
    def recipe(self) -> Recipe:
        """What the training loop takes."""
        return full_size(Recipe(**self.model_dump(exclude={"seeds", "at_scale"})), self.at_scale)


class PruneSection(Section):
    """The grid of criteria, budget points, scopes and allocations."""

    files: tuple[str, ...] = Field((), description="Python files that define pruners")
    criteria: Labels = Field(("l1", "random"), description="`all` stands for every built-in one")
    ratios: Annotated[tuple[float, ...], Listed] = Field(
        (0.25, 0.5, 0.75), description="shares of filters to remove"
    )
    target_macs: Targets = Field((), description="shares of the unpruned model's MACs that stay")
    convention: Literal["backbone", "with_frontend"] = Field("backbone", description="of `target_macs`")
    target_parameters: Targets = Field((), description="shares of the unpruned model's parameters that stay")
    scopes: Labels = (DEFAULT_SCOPE,)
    allocations: Labels = Field(
        ("uniform",),
        description="`uniform`, `global[floor=…,normalise=…]`, `per_layer[floor=…]`, `same_as:CRITERION`",
    )
    sensitivity: str | None = Field(None, description="run folder whose table `per_layer` reads")
    sensitivity_criterion: str = Field("random", description="criterion of the table, the same for all")
    seeds: Seeds = Field((0, 1, 2), description="of pruners that draw random numbers")
    calibration_clips: int = Field(256, ge=1, description="training clips shown to pruners that need them")
    recalibration_clips: int = Field(
        0, ge=0, description="training clips on which batch norm is estimated anew after pruning; 0 for none"
    )

    @pydantic.model_validator(mode="before")
    @classmethod
    def _targets_alone(cls, table: Any) -> Any:
        """The default ratios are for a sweep that asks for nothing else."""
        asks = isinstance(table, dict) and (table.get("target_macs") or table.get("target_parameters"))
        return {"ratios": (), **table} if asks else table

    @pydantic.field_validator("files")
    @classmethod
    def _wherever_the_run_goes_on(cls, files: tuple[str, ...]) -> tuple[str, ...]:
        file_pruners(files)
        return tuple(dict.fromkeys(str(Path(file).resolve()) for file in files))

    @pydantic.field_validator("sensitivity")
    @classmethod
    def _whole_path(cls, folder: str | None) -> str | None:
        return folder and str(Path(folder).resolve())

    @pydantic.field_validator("criteria")
    @classmethod
    def _known(cls, labels: tuple[str, ...], info: pydantic.ValidationInfo) -> tuple[str, ...]:
        every = (name for label in labels for name in (BUILTIN if label == "all" else (label,)))
        return _once(tuple(resolve(name, info.data.get("files", ())).label for name in every))

    @pydantic.field_validator("ratios")
    @classmethod
    def _possible(cls, ratios: tuple[float, ...]) -> tuple[float, ...]:
        for ratio in ratios:
            if not 0 < ratio < 1:
                raise ValueError(
                    f"a ratio must lie in (0, 1), the unpruned model is a control. Found {ratio}"
                )
        return _once(ratios)

    @pydantic.field_validator("scopes")
    @classmethod
    def _layers(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        return _once(tuple(scope_name(parse_scope(scope)) for scope in scopes))

    @pydantic.field_validator("allocations")
    @classmethod
    def _shared_out(cls, labels: tuple[str, ...], info: pydantic.ValidationInfo) -> tuple[str, ...]:
        found = []
        for label in labels:
            allocation = parse_allocation(label)
            if isinstance(allocation, SameAs):
                allocation = SameAs(resolve(allocation.criterion, info.data.get("files", ())).label)
            found.append(allocation.label)
        return _once(tuple(found))

    @pydantic.model_validator(mode="after")
    def _something_to_do(self) -> PruneSection:
        if not self.points():
            raise ValueError(
                "a sweep needs a budget point. Found none: give `prune.ratios`, `prune.target_macs` or "
                "`prune.target_parameters`"
            )
        if self.sensitivity is None and any(label.startswith("per_layer") for label in self.allocations):
            raise ValueError(
                "`prune.allocations` with `per_layer` reads a sensitivity table, so `prune.sensitivity` must name the "
                "folder of a run such as `prunebench run sensitivity` makes. Found none"
            )
        return self

    def points(self) -> list[BudgetPoint]:
        """The budget points: by ratio, by MACs and by parameters, as given."""
        return [
            *(BudgetPoint("ratio", ratio) for ratio in self.ratios),
            *(BudgetPoint(f"macs_{self.convention}", share) for share in self.target_macs),
            *(BudgetPoint("parameters", share) for share in self.target_parameters),
        ]

    def pruner(self, label: str) -> Pruner:
        """The pruner of one of the criteria."""
        return resolve(label, self.files)


class FinetuneSection(Section):
    """Fine-tuning, the same for every cell; one rate per data set and scope, chosen on validation clips."""

    scopes: Annotated[tuple[Literal["tail", "all", "none"], ...], Field(min_length=1), Listed] = ("tail",)
    schedules: Labels = Field(
        (ONE_SHOT,),
        description="`one-shot` or `iterative[rounds=…]`, each with `distillation=…`, `recalibration_clips=…`",
    )
    seeds: Seeds = (0, 1)
    steps: int = Field(60, ge=1, description="in total, over all rounds of a schedule")
    rates: Rates = (3e-4, 1e-3, 3e-3)
    rate_ratios: Shares = Field((0.25, 0.5, 0.75), description="random-pruned ratios that choose the rate")
    batch: int = Field(16, ge=2)
    warmup: float = Field(0.1, ge=0, lt=1)
    weight_decay: float = Field(0.01, ge=0)
    clip_norm: float = Field(1.0, gt=0)
    spec_augment: bool = False
    mixup: float = Field(0.0, ge=0)
    evaluate_every: int = Field(
        0, ge=0, description="steps between evaluations on validation clips, for `curves.jsonl`; 0 for none"
    )
    at_scale: FullSection | None = Field(None, description="training at full size, on any device")

    @pydantic.model_validator(mode="after")
    def _evaluated_by_one(self) -> FinetuneSection:
        if self.at_scale is not None and self.evaluate_every:
            raise ValueError(
                "`finetune.at_scale` has an `evaluate_every` of its own, so `finetune.evaluate_every` must be 0. "
                f"Found {self.evaluate_every}: set `finetune.at_scale.evaluate_every`"
            )
        return self

    @pydantic.field_validator("schedules")
    @classmethod
    def _known(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        return _once(tuple(parse_schedule(label).label for label in labels))

    def recipe(self, rate: float) -> Recipe:
        """What the training loop takes, at one of the rates."""
        left_out = {"scopes", "schedules", "seeds", "rates", "rate_ratios", "evaluate_every", "at_scale"}
        return full_size(Recipe(learning_rate=rate, **self.model_dump(exclude=left_out)), self.at_scale)


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
        description="time for timing all shapes, or two seconds a shape where that is more",
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
