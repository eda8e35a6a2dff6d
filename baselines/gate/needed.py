"""How many base models would let the gate tell, if they moved and spread as those that are there."""

from __future__ import annotations

import dataclasses
import math

from prunebench.baselines.gate.mean_change import MeanChange
from prunebench.baselines.gate.units import QualityChange, Units
from prunebench.baselines.regression.tolerances import Margin

MOST = 100  # more would be no advice


def base_models_needed(found: QualityChange, margin: Margin) -> int | None:
    """Base models, on each side where they were trained anew, that would let the gate tell, or cells of a single one.

    Returns:
        The fewest, 2 where the spread is not known; `None` where even a hundred would not do.
    """
    change = found.change
    if math.isnan(change.half_width(margin.level)) or found.units is Units.CLASSES:
        return 2
    shares = 1 / found.before + (1 / found.after if found.units is Units.ANEW else 0)
    spread = change.between / shares
    known = change.freedom - _own(found.units, found.before, found.after)
    for units in range(2, MOST + 1):
        as_many = 2 / units if found.units is Units.ANEW else 1 / units
        more = dataclasses.replace(
            change,
            between=spread * as_many,
            freedom=known + _own(found.units, units, units),
        )
        if _tells(more, margin):
            return units
    return None


def _own(units: Units, before: int, after: int) -> int:
    """Degrees of freedom that the units have of themselves."""
    return before + after - 2 if units is Units.ANEW else before - 1


def _tells(change: MeanChange, margin: Margin) -> bool:
    low, high = change.bounds(margin.level)
    return low >= -margin.map or (high < 0 and change.mean < -margin.map)
