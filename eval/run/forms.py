"""What the smaller files of a run folder hold: forms that `parsed` checks them against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from prunebench.eval.text.strict import STRICT

PlanForm = list[str]  # `plan.json`: identities of cells


@dataclass(frozen=True)
class Environment:
    """What of `environment.json` decides something; there is more in it."""

    __pydantic_config__: ClassVar = STRICT

    torch: str = ""
    processor: str = ""
    commit: str | None = None
    packages: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class MeasureDeclaration:
    """One of `measures.json`."""

    __pydantic_config__: ClassVar = STRICT

    name: str
    title: str
    kind: str
    unit: str
    better: str


@dataclass(frozen=True)
class CurveLine:
    """A line of `curves.jsonl`."""

    __pydantic_config__: ClassVar = STRICT

    outcome: str
    curve: Sequence[tuple[int, float]]


@dataclass(frozen=True)
class RemovedLine:
    """A line of `removed.jsonl`."""

    __pydantic_config__: ClassVar = STRICT

    outcome: str
    removed: Mapping[str, Sequence[int]]
