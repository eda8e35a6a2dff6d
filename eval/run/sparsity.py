"""Base models that were trained further with a penalty before they were scored: their names, and which it killed."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from prunebench.eval.run.record import PLAIN, Record

NONE = "none"
BEFORE = "validation_map_before"  # in the stage `base`, of the base model before it was trained on
KILLED_BELOW = 0.5  # of the validation mAP that a base model is held against


def is_penalised(record: Record) -> bool:
    """Whether a penalty changed the base model of a cell; its controls then use the base model after plain steps."""
    return record.sparsify not in (NONE, PLAIN)


def after_penalty(record: Record) -> str:
    """`" after slimming"` if a penalty changed the base model of a cell, else `""`."""
    return f" after {record.sparsify}" if is_penalised(record) else ""


def series_of(record: Record) -> str | None:
    """The name of a cell's series: its criterion, `"bn_scale after slimming"` on a base model that a penalty changed.

    `None` for a control that no criterion made.
    """
    return None if record.criterion is None else f"{record.criterion}{after_penalty(record)}"


def is_killed(validation_map: float, other: float) -> bool:
    """Whether a training killed a base model: its validation mAP is less than half of what it is compared with.

    A penalty is compared with the same number of plain steps, and plain steps with the base model before them. Both
    values lie in [0, 1]; with nan, from clips without a positive, nothing is killed.
    """
    return validation_map < KILLED_BELOW * other


def said_killed(
    sparsify: str, maps: Sequence[float], others: Sequence[float], steps: int, bases: int = 1
) -> str:
    """One sentence on the base models that a training killed, with both figures.

    Args:
        sparsify: the method.
        maps: validation mAP of each that it killed, in [0, 1].
        others: of the same after plain steps; of `plain`, before them.
        steps: of the training.
        bases: how many base models were trained so.
    """
    whose = "the base model" if bases == 1 else f"{len(maps)} of {bases} base models"
    figure = "its validation mAP is" if len(maps) == 1 else "their mean validation mAP is"
    after = f"after {steps:,} step{'s' * (steps != 1)}"
    told = f"`{sparsify}` destroyed {whose}: {figure} {fmean(maps):.3f} {after}, and "
    if sparsify == PLAIN:
        return f"{told}{fmean(others):.3f} before: lower `sparsify.learning_rate`."
    return f"{told}{fmean(others):.3f} after as many plain steps: lower its `strength`."
