"""Baseline files of earlier formats, which are still read.

Schema 1 had exact figures alone, and schema 2 did not say which base models it was made with. Schemas 1 to 3 say
neither how many classes a model has nor its front end. Their `file_bytes` are of the state dict as `torch.save` writes
it, and their `checkpoint_bytes` of a checkpoint's own file: `state_dict_bytes` and `file_bytes` of today.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

from prunebench.baselines.regression.made_with import MadeWith
from prunebench.baselines.regression.operating_point import COSTS, CommonFigures, Figures, PositiveCount
from prunebench.baselines.regression.tolerances import Allowance, Margin, Tolerances

EARLIER: Final = (1, 2, 3)

_STRICT = ConfigDict(strict=True, extra="forbid")


def fields_of_earlier(text: str) -> dict[str, Any]:
    """The fields of a `Baseline`, from the text of an earlier file.

    Raises:
        pydantic.ValidationError: for another form than its schema has.
    """
    version = json.loads(text)["schema_version"]
    if version == 1:
        return _first(text)
    found = _third(json.dumps({**json.loads(text), "schema_version": 3}))
    if version == 2:
        _SecondSchema.model_validate_json(text)
    return found


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class _ExactFigures:
    widths: Annotated[tuple[PositiveCount, ...], Field(min_length=12, max_length=12)]
    parameters: PositiveCount
    parameter_bytes: PositiveCount
    macs_backbone: PositiveCount
    macs_with_frontend: PositiveCount


class _FirstSchema(BaseModel):
    model_config = _STRICT

    schema_version: Literal[1]
    made_with: MadeWith
    entries: Annotated[dict[str, _ExactFigures], Field(min_length=1)]


def _first(text: str) -> dict[str, Any]:
    held = _FirstSchema.model_validate_json(text)
    entries = {name: Figures(**dataclasses.asdict(exact)) for name, exact in held.entries.items()}
    return {"made_with": held.made_with, "entries": entries}


class _SecondQuality(BaseModel):
    """What quality was in schema 2: nothing of base models."""

    model_config = ConfigDict(extra="forbid")

    test_clips: Any
    average_precision: Any


class _SecondFigures(BaseModel):
    quality: _SecondQuality | None = None


class _SecondSchema(BaseModel):
    entries: dict[str, _SecondFigures]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class _ThirdFigures(CommonFigures):
    file_bytes: PositiveCount | None = None
    checkpoint_bytes: PositiveCount | None = None

    def today(self) -> Figures:
        same = {name: getattr(self, name) for name in ("network", "widths", *COSTS, "speed", "quality")}
        return Figures(**same, state_dict_bytes=self.file_bytes, file_bytes=self.checkpoint_bytes)


@dataclass(frozen=True, config=_STRICT)
class _ThirdTolerances:
    file_bytes: Allowance
    quality: Margin
    speed: Allowance


class _ThirdSchema(BaseModel):
    model_config = _STRICT

    schema_version: Literal[3]
    made_with: MadeWith
    tolerances: _ThirdTolerances
    classes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    entries: Annotated[dict[str, _ThirdFigures], Field(min_length=1)]


def _third(text: str) -> dict[str, Any]:
    held = _ThirdSchema.model_validate_json(text)
    allowed = held.tolerances
    return {
        "made_with": held.made_with,
        "tolerances": Tolerances(allowed.file_bytes, allowed.quality, allowed.speed),
        "classes": held.classes,
        "entries": {name: figures.today() for name, figures in held.entries.items()},
    }
