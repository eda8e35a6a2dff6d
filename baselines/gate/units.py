"""What a change of quality is a sample of: base models, the cells of one of them, or base models trained again.

Base models with the same weights on both sides make a paired change, whose units they are. Those that were trained
anew (another torch, another processor, other settings) bring their own spread, which all cells of one share; then the
change is unpaired. A baseline of an older schema does not say which weights it was made with: several base models are
paired all the same, which is right in either case, and of one nothing can be told.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from prunebench.baselines.gate.mean_change import MeanChange, paired_change, unpaired_change
from prunebench.baselines.regression.base_models import base_of, by_base
from prunebench.baselines.regression.entries import subject_name
from prunebench.baselines.regression.operating_point import MODEL_ENTRY, Figures, Quality


class Units(Enum):
    """What the interval of a change of quality stands on."""

    BASES = "base models"
    CELLS = "cells of one base model"
    CLASSES = "classes of one cell"
    ANEW = "base models that were trained again"


@dataclass(frozen=True)
class QualityChange:
    """A change of quality and what it is a sample of.

    Args:
        change: with its spread.
        units: of the sample.
        before, after: how many of them there are on each side.
    """

    change: MeanChange
    units: Units
    before: int
    after: int


def quality_change(before: Quality, after: Quality, same: Mapping[str, bool | None]) -> QualityChange | None:
    """The change of mean average precision, over classes with positives.

    Args:
        before: in the baseline.
        after: now; it has every cell of `before`.
        same: base model → whether its weights are those of the baseline, `None` where that is not known.

    Returns:
        `None` where one base model on each side may or may not have been trained anew, and no spread is known.
    """
    old = by_base(before, before.average_precision)
    if all(same[base] for base in old) or (len(old) > 1 and None in same.values()):
        new = by_base(after, before.average_precision)
        held, found = (_means(side) for side in (old, new))
        if len(old) > 1:
            return QualityChange(paired_change(held, found), Units.BASES, len(old), len(new))
        held, found = (next(iter(side.values())) for side in (old, new))
        units = Units.CELLS if len(held) > 1 else Units.CLASSES
        return QualityChange(paired_change(held, found), units, len(held), len(found))
    new = by_base(after, after.average_precision)
    spread = before.spread
    variance, freedom = (0.0, 0) if spread is None else (spread.variance, spread.freedom)
    change = unpaired_change(_means(old), _means(new), variance=variance, freedom=freedom)
    if math.isnan(change.between) and None in same.values():
        return None
    return QualityChange(change, Units.ANEW, len(old), len(new))


def weights_kept(before: Quality, after: Quality, unchanged: Collection[str] = ()) -> dict[str, bool | None]:
    """Base model of the baseline → whether it has the same weights now, `None` where that is not known.

    Args:
        before, after: in the baseline and now.
        unchanged: base models whose unpruned cell has the same average precision in every class.
    """
    found: dict[str, bool | None] = {}
    for base in by_base(before, before.average_precision):
        held, now = before.bases.get(base), after.bases.get(base)
        if base == MODEL_ENTRY:  # a model that is given as it is was made from no other
            found[base] = True
        elif held is not None and now is not None:
            found[base] = held == now
        else:
            found[base] = True if base in unchanged else None
    return found


def unchanged_bases(before: Mapping[str, Figures], after: Mapping[str, Figures]) -> dict[str, set[str]]:
    """Data set and network → base models whose unpruned cell has the same average precision on both sides.

    That tells weights apart where an older schema does not: no two trainings give the same to five places.
    """
    found: dict[str, set[str]] = {}
    for name in before.keys() & after.keys():
        subject = subject_of(name, before[name])
        rest = name.removeprefix(f"{subject}/")
        held, now = before[name].quality, after[name].quality
        if (
            rest.split("/")[0] != "unpruned"
            or held is None
            or now is None
            or held.test_clips != now.test_clips
        ):
            continue
        rows = now.average_precision
        same = {base_of(cell) for cell, row in held.average_precision.items() if rows.get(cell) == row}
        found.setdefault(subject, set()).update(same)
    return found


def subject_of(entry: str, figures: Figures) -> str:
    """Data set, and network where it is not Cnn14, that the name of an entry begins with."""
    return subject_name(entry.partition("/")[0], figures.network)


def _means(side: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.array([rows.mean(axis=0) for rows in side.values()])
