"""What a baseline allows: figures that do not repeat to the last digit may move this far, for a stated reason.

Parameters, their bytes, MACs and widths repeat exactly on any machine and have no tolerance.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from prunebench.eval.errors import InputError, nearest

Proportion = Annotated[float, Field(ge=0, lt=1)]


def _not_blank(reason: str) -> str:
    if not reason.strip():
        raise ValueError("a reason must not be blank")
    return reason


Reason = Annotated[str, AfterValidator(_not_blank)]

_CONFIG = ConfigDict(strict=True, extra="forbid")


@dataclass(frozen=True, config=_CONFIG)
class Allowance:
    """How far a figure may grow.

    Args:
        relative: share of the baseline's figure, in [0, 1).
        reason: why this much.
    """

    relative: Proportion
    reason: Reason


@dataclass(frozen=True, config=_CONFIG)
class Margin:
    """How far mean average precision may fall.

    Args:
        map: in mAP, in [0, 1).
        level: of the one-sided test, in (0, 0.5).
        reason: why this much.
    """

    map: Proportion
    level: Annotated[float, Field(gt=0, lt=0.5)]
    reason: Reason


@dataclass(frozen=True, config=_CONFIG)
class Tolerances:
    """What a baseline allows.

    Args:
        file: of the bytes of the state dict as `torch.save` writes it, and of a checkpoint's own file.
        quality: mean over cells and classes.
        speed: of the latency relative to the unpruned model of the same run.
    """

    file: Allowance = field(
        default_factory=lambda: Allowance(
            0.02, "names and padding in the file depend on the version of torch"
        )
    )
    quality: Margin = field(
        default_factory=lambda: Margin(
            0.02, 0.05, "about the smallest difference that the quick preset detects"
        )
    )
    speed: Allowance = field(
        default_factory=lambda: Allowance(
            0.1, "ratios of one run repeat to a few per cent on a shared machine"
        )
    )

    def with_tolerance(self, name: str, value: float, reason: str) -> Tolerances:
        """These with another value of one of them.

        Raises:
            InputError: for an unknown name, a value outside [0, 1), or no reason.
        """
        if name not in NAMES:
            raise InputError(f"Unknown tolerance `{name}`; {nearest(name, NAMES)}")
        if not 0 <= value < 1:
            raise InputError(f"A tolerance must lie in [0, 1). Found `{name}={value:g}`.")
        if not reason.strip():
            raise InputError(
                f"A tolerance must have a reason. Found none for `{name}={value:g}`: give --reason."
            )
        if name == "quality":
            return replace(self, quality=Margin(value, self.quality.level, reason))
        allowance = Allowance(value, reason)
        return replace(self, file=allowance) if name == "file" else replace(self, speed=allowance)


NAMES: Final = ("file", "quality", "speed")
