"""Absolute limits that a pruned model must meet together, as in DCASE's low-complexity tasks."""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from prunebench.eval.errors import InputError, nearest
from prunebench.harness.budget.budget_label import read_label
from prunebench.harness.networks.shape import Shape
from prunebench.pruners.label import Labelled

PRECISIONS: Mapping[str, int] = {"float32": 4, "float16": 2, "int8": 1}  # bytes per number
CONVENTIONS = ("backbone", "with_frontend")
COSTS = ("macs", "parameters", "parameter_bytes", "file_bytes", "memory")


@dataclass(frozen=True)
class Limits(Labelled):
    """The most that a model may cost; the smallest removal that meets every limit is taken.

    Args:
        macs: multiply–accumulates of convolutions and linear layers for one clip.
        parameters: trainable ones.
        parameter_bytes: trainable parameters × bytes per number of `precision`.
        file_bytes: of the state dict in float32, as `torch.save` writes it.
        memory: weights and the largest input plus output of a convolution for one clip, bytes, in `precision`.
        seconds: length of that clip.
        precision: `"float32"`, `"float16"` or `"int8"`; how the numbers would be stored, not how the run computes.
        convention: of `macs`: `"backbone"`, features in, or `"with_frontend"`, waveform in.
    """

    name: ClassVar[str] = "limits"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    macs: float | None = None
    parameters: float | None = None
    parameter_bytes: float | None = None
    file_bytes: float | None = None
    memory: float | None = None
    seconds: float = 10.0
    precision: str = "float32"
    convention: str = "backbone"

    def __post_init__(self) -> None:
        for key in (*COSTS, "seconds"):
            value: object = getattr(self, key)
            if value is None:
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and math.isfinite(value) and value > 0):  # type: ignore[operator,arg-type]
                raise InputError(f"A limit must be a number above 0. Found `{key} = {value}`.")
            if value == int(value):  # type: ignore[call-overload]
                object.__setattr__(self, key, int(value))  # type: ignore[call-overload]  # 30e6 and 30000000 are one label
        if not 0.5 <= self.seconds <= 600:
            raise InputError(
                f"`seconds` of a limit must be from 0.5 to 600. Found `seconds = {self.seconds}`."
            )
        if not self.asked:
            raise InputError(f"No limit is given. Give at least one of {', '.join(COSTS)}.")
        for key, known in (("precision", tuple(PRECISIONS)), ("convention", CONVENTIONS)):
            if getattr(self, key) not in known:
                found = str(getattr(self, key))
                raise InputError(f"Unknown {key} `{found}` of a limit; {nearest(found, known)}")

    @property
    def asked(self) -> Mapping[str, float]:
        """Cost → its limit."""
        return {key: getattr(self, key) for key in COSTS if getattr(self, key) is not None}

    def reached(self, model: Shape, widths: tuple[int, ...]) -> dict[str, int]:
        """Cost → the figure of a shape, for the costs that have a limit."""
        return {key: self._cost(key, model, widths) for key in self.asked}

    def excess(self, model: Shape, widths: tuple[int, ...], part: float = 1.0) -> float:
        """By how much the worst limit is exceeded, relative to the limit; at most 0 if all are met.

        Args:
            model: the unpruned model.
            widths: of the pruned shape.
            part: of what the unpruned model has too much, the share that has to go.
        """
        found = []
        for key, limit in self.asked.items():
            too_much = max(0.0, self._cost(key, model, model.widths) - limit)
            goal = limit + (1 - part) * too_much
            found.append((self._cost(key, model, widths) - goal) / goal)
        return max(found)

    def check_reached(
        self, model: Shape, smallest: tuple[int, ...], called: str, keeps: str = "one filter a layer"
    ) -> None:
        """Check that the smallest shape meets every limit and the unpruned model does not.

        Raises:
            InputError: naming the limits that cannot be met, or saying that nothing needs to be removed.
        """
        left = self.reached(model, smallest)
        missed = [key for key, limit in self.asked.items() if left[key] > limit]
        if missed:
            wanted = ", ".join(f"`{key} = {self.asked[key]:,.0f}`" for key in missed)
            rest = ", ".join(f"{left[key]:,} {_WORDS[key]}" for key in missed)
            raise InputError(
                f"The scope cannot meet {wanted}: pruning {called} down to {keeps} leaves {rest} "
                f"({self.counted(missed)}). Raise the limit, widen the scope or take a smaller network."
            )
        if self.excess(model, model.widths) <= 0:
            whole = ", ".join(
                f"{value:,} {_WORDS[key]}" for key, value in self.reached(model, model.widths).items()
            )
            raise InputError(
                f"The unpruned model already meets all limits, so nothing would be removed. It has {whole} "
                f"({self.counted()}): lower a limit or take a larger network."
            )

    def counted(self, costs: Collection[str] = COSTS) -> str:
        """What the figures of the limited costs are counted on, in words.

        Args:
            costs: that are told; those without a limit are ignored.
        """
        told = self.asked.keys() & set(costs)
        parts = []
        if told & {"macs", "memory"}:
            parts.append(f"of one {self.seconds:g} s clip")
        if "macs" in told and self.convention == "with_frontend":
            parts.append("with front end")
        if told & {"parameter_bytes", "memory"}:
            parts.append(f"{PRECISIONS[self.precision]} bytes per number, {self.precision}")
        return "; ".join(parts) or "of the whole model"

    def _cost(self, key: str, model: Shape, widths: tuple[int, ...]) -> int:
        if key == "macs":
            return model.at(self.seconds).cost(f"macs_{self.convention}", widths)
        each = PRECISIONS[self.precision]
        if key == "parameter_bytes":
            return each * model.cost("parameters", widths)
        if key == "memory":
            return model.at(self.seconds).cost("memory", widths) * each // PRECISIONS["float32"]
        return model.cost(key, widths)


_WORDS: Mapping[str, str] = {
    "macs": "MACs",
    "parameters": "parameters",
    "parameter_bytes": "bytes of parameters",
    "file_bytes": "bytes of the file",
    "memory": "bytes of peak memory",
}


@functools.lru_cache(maxsize=256)
def limits_of(kind: str) -> Limits | None:
    """The limits that the kind of a budget point names, `None` for another kind.

    Args:
        kind: `"limits[macs=30000000,parameter_bytes=128000,seconds=1]"`, `"ratio"`, `"parameters"`.
    """
    if not kind.startswith(f"{Limits.name}["):
        return None
    return read_label("budget", kind, {Limits.name: Limits})
