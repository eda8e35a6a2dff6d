"""Base models that were trained on with a penalty before they were scored: their names, and which it killed."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from prunebench.eval.run.record import PLAIN, Record

NONE = "none"
KILLED_BELOW = 0.5  # of the validation mAP after as many plain steps


def is_penalised(record: Record) -> bool:
    """Whether a penalty changed the base model of a cell, so that controls stand on another: as many plain steps."""
    return record.sparsify not in (NONE, PLAIN)


def after_penalty(record: Record) -> str:
    """`" after slimming"` where a penalty changed the base model of a cell, else nothing."""
    return f" after {record.sparsify}" if is_penalised(record) else ""


def series_of(record: Record) -> str | None:
    """What a cell is filed under: its criterion, `"bn_scale after slimming"` on a base model that a penalty changed.

    `None` for a control that no criterion made.
    """
    return None if record.criterion is None else f"{record.criterion}{after_penalty(record)}"


def is_killed(validation_map: float, plain: float) -> bool:
    """Whether a penalty killed a base model: its validation mAP is less than half of that after plain steps.

    Both in [0, 1]; nan, of clips without a positive, tells nothing.
    """
    return validation_map < KILLED_BELOW * plain


def said_killed(
    sparsify: str, maps: Sequence[float], plain: Sequence[float], steps: int, bases: int = 1
) -> str:
    """One sentence on the base models that a penalty killed, with both figures.

    Args:
        sparsify: the method.
        maps: validation mAP of each that it killed, in [0, 1].
        plain: of the same after plain steps.
        steps: of both.
        bases: how many base models the method changed.
    """
    whose = "the base model" if bases == 1 else f"{len(maps)} of {bases} base models"
    figure = "its validation mAP is" if len(maps) == 1 else "their mean validation mAP is"
    return (
        f"`{sparsify}` killed {whose}: {figure} {fmean(maps):.3f} after {steps:,} step{'s' * (steps != 1)}, and "
        f"{fmean(plain):.3f} after as many plain steps: lower its `strength`."
    )
