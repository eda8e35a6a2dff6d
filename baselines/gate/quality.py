"""The gate on quality: how far mean average precision moved against what its sample can tell.

With D the change and h the half width of its one-sided interval, quality holds where D − h is not below the margin, has
regressed where D + h is below zero and D below the margin, and cannot be told between the two: then the answer names
the number of base models that would do, if they moved and spread as these do.
"""

from __future__ import annotations

import math
from collections.abc import Collection

from prunebench.baselines.gate.change import Change, Verdict
from prunebench.baselines.gate.needed import base_models_needed
from prunebench.baselines.gate.units import QualityChange, Units, quality_change, weights_kept
from prunebench.baselines.regression.operating_point import Quality
from prunebench.baselines.regression.tolerances import Margin

ONE_BASE = "for this base model only"


def compare_quality(
    entry: str,
    before: Quality | None,
    after: Quality | None,
    margin: Margin,
    unchanged: Collection[str] = (),
) -> list[Change]:
    """The change of mean average precision, over the baseline's cells and the classes with positives.

    Args:
        entry: its name.
        before, after: in the baseline and now.
        margin: how far it may fall, and the level of the test.
        unchanged: base models whose unpruned cell is as in the baseline, so that their weights are.
    """
    if before is None:
        return []
    allowed = f"−{margin.map:g} mAP"
    old = _mean_ap(before)
    missing = _not_comparable(before, after)
    if missing or after is None or old is None:
        remark = f"could not tell: {missing}"
        return [Change(entry, "map", old, None, Verdict.COULD_NOT_TELL, remark, allowed)]
    same = weights_kept(before, after, unchanged)
    equal = all(after.average_precision[cell] == row for cell, row in before.average_precision.items())
    if equal and False not in same.values():
        return []
    found = quality_change(before, after, same)
    if found is None:
        remark = "could not tell: the baseline or the run does not identify the weights of its one base model"
        new = _mean_ap(after)
        return [Change(entry, "map", old, new, Verdict.COULD_NOT_TELL, remark, allowed)]
    low, high = found.change.bounds(margin.level)
    verdict = verdict_of_change(found, margin)
    remark = _remark(found, margin, verdict)
    interval = None if math.isnan(low) else (low, high)
    return [Change(entry, "map", old, old + found.change.mean, verdict, remark, allowed, interval)]


def verdict_of_change(found: QualityChange, margin: Margin) -> Verdict:
    """What a change of quality means: where its interval allows two answers, none is given."""
    low, high = found.change.bounds(margin.level)
    if high < 0 and found.change.mean < -margin.map:
        return Verdict.REGRESSED
    return Verdict.HOLDS if low >= -margin.map else Verdict.COULD_NOT_TELL


def _remark(found: QualityChange, margin: Margin, verdict: Verdict) -> str:
    alone = f", {ONE_BASE}" if found.units in (Units.CELLS, Units.CLASSES) else ""
    low, _ = found.change.bounds(margin.level)
    match verdict:
        case Verdict.REGRESSED:
            return f"regressed{alone}"
        case Verdict.HOLDS:
            return f"{'improved' if low > 0 else 'moved, allowed'}{alone}"
        case Verdict.COULD_NOT_TELL:
            return f"could not tell: {_sample(found)}; {_would_do(found, margin)}"


def _sample(found: QualityChange) -> str:
    """What the answer would stand on."""
    match found.units:
        case Units.BASES:
            return f"{found.before} base models"
        case Units.CELLS:
            return f"{found.before} cells of one base model"
        case Units.CLASSES:
            classes = found.change.classes
            return f"one cell with {classes} class{'es' * (classes != 1)}"
        case Units.ANEW:
            return f"{found.before} against {found.after} base models trained again"


def _would_do(found: QualityChange, margin: Margin) -> str:
    """How many it takes."""
    if found.units is Units.CLASSES:
        return "at least 2 seeds or base models are needed"
    sides = " on each side" if found.units is Units.ANEW else ""
    needed = base_models_needed(found, margin)
    if needed is None:
        more = "seeds" if found.units is Units.CELLS else "base models"
        return f"more {more} would not help, because the change equals the margin or differs too much between classes"
    if math.isnan(found.change.half_width(margin.level)):
        return f"{needed}{sides} are needed"
    return f"about {needed}{sides} would be enough"


def _not_comparable(before: Quality, after: Quality | None) -> str:
    """Why the two cannot be compared, empty where they can."""
    if after is None:
        return "no test scores"
    if before.test_clips != after.test_clips:
        return "the test clips are not those of the baseline"
    missing = before.average_precision.keys() - after.average_precision.keys()
    if missing:
        cells = f"cell{'s' * (len(before.average_precision) != 1)}"
        are = f"is missing, `{min(missing)}`" if len(missing) == 1 else f"are missing, `{min(missing)}` first"
        return f"{len(missing)} of {len(before.average_precision)} {cells} {are}"
    if not all(len(a) == len(b) for a, b in zip(_rows(before), _rows(after, before), strict=True)):
        return "the classes are not those of the baseline"
    if _defined(before) != _defined(after):
        return (
            "on the same test clips, the baseline has positives in other classes: restore the baseline file"
        )
    return "" if _defined(before) else "no class has a positive test clip"


def _rows(quality: Quality, of: Quality | None = None) -> list[tuple[float | None, ...]]:
    """Average precisions of the cells that `of` has, in its order."""
    return [quality.average_precision[cell] for cell in (of or quality).average_precision]


def _defined(quality: Quality) -> list[int]:
    """Classes with a positive."""
    return [k for k, value in enumerate(_rows(quality)[0]) if value is not None]


def _mean_ap(quality: Quality) -> float | None:
    values = [value for row in _rows(quality) for value in row if value is not None]
    return sum(values) / len(values) if values else None
