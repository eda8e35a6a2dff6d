"""The configuration of a sweep: one TOML file or preset, every field overridable by `--set`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pydantic
import tomli_w
from pydantic import Field

from prunebench.eval.backends import backend
from prunebench.eval.errors import InputError, nearest
from prunebench.harness.budget import DEFAULT_SCOPE, parse_scope, scope_name
from prunebench.harness.data import DataOptions
from prunebench.harness.overrides import add_pruner_files, set_key
from prunebench.harness.resolve import file_pruners, resolve
from prunebench.harness.training import Recipe
from prunebench.pruners.contract import Pruner

PRESETS = ("quick", "sensitivity", "criteria", "standard", "claim")


T = TypeVar("T")


def _once(values: tuple[T, ...]) -> tuple[T, ...]:
    """Each value once: a seed given twice is not a replicate."""
    return tuple(dict.fromkeys(values))


Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Rates = Annotated[tuple[Rate, ...], Field(min_length=1), pydantic.AfterValidator(_once)]
Share = Annotated[float, Field(gt=0, lt=1)]
Shares = Annotated[tuple[Share, ...], Field(min_length=1), pydantic.AfterValidator(_once)]
Seeds = Annotated[tuple[pydantic.NonNegativeInt, ...], Field(min_length=1), pydantic.AfterValidator(_once)]


class Section(pydantic.BaseModel):
    """A table of the configuration: unknown keys are refused, values do not change once read."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class ModelSection(Section):
    """The unpruned model."""

    width: float = Field(0.125, gt=0, le=4, description="multiplier on the published widths and embedding")


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

    @property
    def recipe(self) -> Recipe:
        """What the training loop takes."""
        return Recipe(**self.model_dump(exclude={"seeds"}))


class PruneSection(Section):
    """The grid of criteria and budget points."""

    files: tuple[str, ...] = Field((), description="Python files that define pruners")
    criteria: tuple[str, ...] = Field(("l1", "random"), min_length=1)
    ratios: tuple[float, ...] = Field((0.25, 0.5, 0.75), min_length=1)
    scopes: tuple[str, ...] = Field((DEFAULT_SCOPE,), min_length=1)
    seeds: Seeds = Field((0, 1, 2), description="of pruners that draw random numbers")
    calibration_clips: int = Field(256, ge=1, description="training clips shown to pruners that need them")
    recalibration_clips: int = Field(
        0, ge=0, description="training clips on which batch norm is estimated anew after pruning; 0 for none"
    )

    @pydantic.field_validator("files")
    @classmethod
    def _wherever_the_run_goes_on(cls, files: tuple[str, ...]) -> tuple[str, ...]:
        file_pruners(files)
        return tuple(dict.fromkeys(str(Path(file).resolve()) for file in files))

    @pydantic.field_validator("criteria")
    @classmethod
    def _known(cls, labels: tuple[str, ...], info: pydantic.ValidationInfo) -> tuple[str, ...]:
        return _once(tuple(resolve(label, info.data.get("files", ())).label for label in labels))

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

    def pruner(self, label: str) -> Pruner:
        """The pruner of one of the criteria."""
        return resolve(label, self.files)


class FinetuneSection(Section):
    """Fine-tuning, the same for every cell; one rate per data set and scope, chosen on validation clips."""

    scopes: tuple[Literal["tail", "all", "none"], ...] = Field(("tail",), min_length=1)
    seeds: Seeds = (0, 1)
    steps: int = Field(60, ge=1)
    rates: Rates = (3e-4, 1e-3, 3e-3)
    rate_ratios: Shares = Field((0.25, 0.5, 0.75), description="random-pruned ratios that choose the rate")
    batch: int = Field(16, ge=2)
    warmup: float = Field(0.1, ge=0, lt=1)
    weight_decay: float = Field(0.01, ge=0)
    clip_norm: float = Field(1.0, gt=0)
    spec_augment: bool = False
    mixup: float = Field(0.0, ge=0)

    def recipe(self, rate: float) -> Recipe:
        """What the training loop takes, at one of the rates."""
        return Recipe(
            learning_rate=rate, **self.model_dump(exclude={"scopes", "seeds", "rates", "rate_ratios"})
        )


class ControlsSection(Section):
    """Cells that no criterion made; the unpruned ones and `random` are always in the grid."""

    reversed: bool = False
    scratch: bool = False


class MeasureSection(Section):
    """Latency and memory of each distinct shape, alone on the machine."""

    latency: bool = True
    seconds: float = Field(10.0, ge=0.5, description="length of the clip that is timed")
    budget_s: float = Field(8.0, gt=0, description="time for the interleaved timing of all shapes")
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


class Config(Section):
    """A sweep."""

    name: str = Field("custom", pattern=r"^[\w-][\w.-]*$")
    claim: bool = Field(False, description="whether the report may state differences between criteria")
    threads: int = Field(1, ge=1, description="of each cell; part of a cell's identity")
    workers: int = Field(2, ge=0, description="cells at a time, 0 for this process alone; changes no result")
    checkpoint_seconds: float = Field(
        60.0, ge=0, description="between two states of a training under way; changes no result"
    )
    data: DataOptions = Field(default_factory=DataOptions)
    model: ModelSection = ModelSection()
    base: BaseSection = BaseSection()
    prune: PruneSection = PruneSection()
    finetune: FinetuneSection = FinetuneSection()
    controls: ControlsSection = ControlsSection()
    measure: MeasureSection = MeasureSection()

    @pydantic.model_validator(mode="after")
    def _tail_is_possible(self) -> Config:
        if "tail" in self.finetune.scopes:
            if self.finetune.spec_augment or self.finetune.mixup:
                raise ValueError(
                    "`finetune.scopes` with `tail` trains on cached outputs of C1–C6, so `finetune.spec_augment` "
                    "and `finetune.mixup` must be off: use `all` alone"
                )
            if not any(_above_stem(scope) for scope in self.prune.scopes):
                raise ValueError(
                    "`finetune.scopes` with `tail` keeps C1–C6 as they are, so a scope must lie in C7–C12. "
                    f"Found {', '.join(self.prune.scopes)}: use `all`"
                )
        if "random" not in self.prune.criteria:
            raise ValueError(
                "`prune.criteria` must hold `random`, the control that every criterion is held against"
            )
        return self

    def pairs(self) -> list[tuple[str, str]]:
        """The (pruning scope, fine-tuning scope) pairs of the grid; `tail` goes with scopes in C7–C12 alone.

        With the fine-tuning scope `none` a cell ends after surgery, or after recalibration.
        """
        return [
            (scope, finetune)
            for scope in self.prune.scopes
            for finetune in self.finetune.scopes
            if finetune != "tail" or _above_stem(scope)
        ]

    def to_toml(self) -> str:
        """The resolved configuration; reading it back gives an equal one."""
        return tomli_w.dumps(_without_none(self.model_dump(mode="json")))


def _above_stem(scope: str) -> bool:
    return all(int(layer[1:]) >= 7 for layer in parse_scope(scope))


def _without_none(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _without_none(value) if isinstance(value, Mapping) else value
        for key, value in table.items()
        if value is not None
    }


def load_config(
    source: str, overrides: Iterable[str] = (), *, pruner_files: Sequence[Path | str] = ()
) -> Config:
    """The configuration of a preset or a TOML file, with `key=value` overrides.

    Args:
        source: name of a preset or path of a file.
        overrides: as `--set` takes them.
        pruner_files: Python files whose pruners are added to the criteria.

    Raises:
        InputError: for an unknown preset, key or value, with the place and the nearest valid names.
    """
    table = _read(source)
    for override in overrides:
        set_key(table, override)
    if pruner_files:
        add_pruner_files(table, pruner_files, PruneSection.model_fields["criteria"].default)
    try:
        return Config.model_validate(table)
    except pydantic.ValidationError as error:
        raise InputError(f"{source}: {_explain(error)}") from error


def preset_text(name: str) -> str:
    """The TOML text of a preset."""
    return resources.files("prunebench.harness").joinpath(f"{name}.toml").read_text(encoding="utf-8")


def _read(source: str) -> dict[str, Any]:
    if source in PRESETS:
        text = preset_text(source)
    else:
        path = Path(source)
        if not path.is_file():
            raise InputError(
                f"A run needs a preset or a TOML file. Found no file `{source}`; presets: {', '.join(PRESETS)}; "
                f"{nearest(source, PRESETS)}"
            )
        text = path.read_bytes().decode(errors="replace")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"A configuration must be TOML. `{source}`: {error}.") from error


def _explain(error: pydantic.ValidationError) -> str:
    first = error.errors()[0]
    where = [str(part) for part in first["loc"]]
    key = ".".join(where)
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"Unknown key `{key}`; {nearest(where[-1], _keys(where[:-1]))}"
    message = first["msg"].removeprefix("Value error, ")
    found = "" if isinstance(first["input"], dict) or "Found" in message else f" Found {first['input']!r}."
    return f"{f'`{key}`: ' if key else ''}{message.rstrip('.')}.{found}"


def _keys(parents: list[str]) -> list[str]:
    schema = Config.model_json_schema()
    definitions, node = schema.get("$defs", {}), schema
    for parent in parents:
        node = node["properties"].get(parent, {})
        reference = node.get("$ref") or node.get("allOf", [{}])[0].get("$ref", "")
        node = definitions.get(reference.rpartition("/")[2], node)
    return list(node.get("properties", {}))
