"""The contract of a measure: its name, unit, better direction, bounds and cost.

A quality measure looks at targets and scores, a model measure at a model, a shape measure at how a new model of a
shape runs, alone on the machine. What a sweep takes of all shapes together (latency) or beside its work (the time
of scoring) is only declared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError

if TYPE_CHECKING:
    from torch import nn

    from prunebench.eval.runtime.forward import Factory


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What people and reports must know of a measure.

    Args:
        name: key in the record, one word, with the unit where there is one: `"file_bytes"`.
        title: what it is, with its convention.
        better: which way is better.
        unit: of the value, empty for shares and counts.
        bounds: smallest and largest possible value, `None` for an open end.
        cost: what taking it costs, in words.
        version: raised when its values change.

    Raises:
        InputError: for a name that is no word, an empty title, an unknown direction or bounds out of order.
    """

    kind: ClassVar[str] = "shape"

    name: str
    title: str
    better: Literal["higher", "lower"]
    unit: str = ""
    bounds: tuple[float | None, float | None] = (0.0, None)
    cost: str = ""
    version: int = 1

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or not self.title:
            raise InputError(
                "A measure must have a title, and its name must be a Python identifier. Found the name "
                f"{self.name!r} and the title {self.title!r}."
            )
        if self.better not in ("higher", "lower"):
            raise InputError(
                f"Parameter `better` of measure `{self.name}` must be `higher` or `lower`. Found {self.better!r}."
            )
        low, high = self.bounds
        if low is not None and high is not None and low >= high:
            raise InputError(
                f"The lower bound of measure `{self.name}` must be below the upper one. Found {self.bounds}."
            )

    def description(self) -> dict[str, Any]:
        """Its declaration as JSON values, for listings and run folders."""
        told = {f.name: getattr(self, f.name) for f in fields(Measure)}
        return {**told, "bounds": list(self.bounds), "kind": self.kind}

    def checked(self, value: float) -> float:
        """The value as a number, if it lies within the bounds or is nan (not defined there).

        Raises:
            InputError: for a value out of bounds or none at all.
        """
        try:
            found = float(value)
        except (TypeError, ValueError) as error:
            raise InputError(f"Measure `{self.name}` must give a number. Found {value!r}.") from error
        low, high = self.bounds
        if (low is not None and found < low) or (high is not None and found > high):
            must = (
                f"lie in [{low}, {high}]"
                if low is not None and high is not None
                else (f"be at most {high}" if low is None else f"be at least {low}")
            )
            raise InputError(f"Measure `{self.name}` must {must}. Found {found}.")
        return value if isinstance(value, int) else found


@dataclass(frozen=True, kw_only=True)
class QualityMeasure(Measure):
    """A measure of scores on a set of clips.

    Args:
        value: (targets (clips, classes) of bool, scores (clips, classes)) → the figure, nan where it is not
            defined on these clips.
    """

    kind: ClassVar[str] = "quality"

    value: Callable[[NDArray[np.bool_], NDArray[np.float32]], float]


@dataclass(frozen=True, kw_only=True)
class ModelMeasure(Measure):
    """An exact figure of a model.

    Args:
        value: model → the figure; the model is left as it is.
    """

    kind: ClassVar[str] = "model"

    value: Callable[[nn.Module], float]


@dataclass(frozen=True, kw_only=True)
class ShapeMeasure(Measure):
    """A figure that is measured of each shape, alone on the machine, and differs a little from time to time.

    Args:
        value: (factory, its keyword arguments, shape of the log-mel input, threads) → the figure; the factory makes
            the model. `prunebench.eval.in_child` runs a function in a process of its own.
    """

    value: Callable[[Factory, Mapping[str, object], Sequence[int], int], float]


def is_defined(value: float) -> bool:
    """Whether a figure can be stored: JSON knows neither nan nor infinity."""
    return math.isfinite(value)
