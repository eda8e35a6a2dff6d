"""The tables of a configuration: what each field means, and which values it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import pydantic
from pydantic import Field

from prunebench.harness.data import DataOptions
from prunebench.harness.data.plugins.dataset_registry import known

T = TypeVar("T")
TABLES = ("data", "model")  # that may stand several times


def _once(values: tuple[T, ...]) -> tuple[T, ...]:
    """Each value once: a seed given twice is not a replicate."""
    return tuple(dict.fromkeys(values))


def repeated(labels: Sequence[str]) -> str | None:
    """The first label that is there more than once."""
    return next((label for label in labels if labels.count(label) > 1), None)


def listed(value: Any) -> Any:
    """A value alone is a list of one."""
    return value if isinstance(value, list | tuple) else [value]


def _known(data: tuple[DataOptions, ...]) -> tuple[DataOptions, ...]:
    """Data sets that exist, by the names that their classes give them."""
    return tuple(known(options) for options in data)


Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Listed = pydantic.BeforeValidator(listed)
Rates = Annotated[tuple[Rate, ...], Field(min_length=1), Listed, pydantic.AfterValidator(_once)]
Share = Annotated[float, Field(gt=0, lt=1)]
Shares = Annotated[tuple[Share, ...], Field(min_length=1), Listed, pydantic.AfterValidator(_once)]
TargetShares = Annotated[tuple[Share, ...], Listed, pydantic.AfterValidator(_once)]
Labels = Annotated[tuple[str, ...], Field(min_length=1), Listed]
Seeds = Annotated[
    tuple[Annotated[int, Field(ge=0, lt=1 << 63)], ...],
    Field(min_length=1),
    Listed,
    pydantic.AfterValidator(_once),
]
DataSets = Annotated[tuple[DataOptions, ...], Field(min_length=1), Listed, pydantic.AfterValidator(_known)]


class Section(pydantic.BaseModel):
    """A table of the configuration: unknown keys are refused, values do not change once read."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)
