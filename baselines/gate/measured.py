"""The gate on what does not repeat exactly: quality by a paired test, speed as a ratio.

Quality has regressed where it is surely worse (the upper limit of the paired change is below zero) and by more
than the margin. It holds where it is surely within the margin (the lower limit is not below it). Between the two
the run is too small to tell. Speed has regressed where the ratio to the reference of the same run surely grew and
by more than the tolerance; it cannot be told where it grew by more, but not surely.
"""

from __future__ import annotations

import math

from prunebench.baselines.gate.change import Change, Verdict
from prunebench.baselines.gate.paired import PairedChange, paired_change
from prunebench.baselines.regression.operating_point import Quality, Speed
from prunebench.baselines.regression.tolerances import Allowance, Margin


def compare_quality(
    entry: str, before: Quality | None, after: Quality | None, margin: Margin
) -> list[Change]:
    """The change of mean average precision, over the baseline's cells and the classes with positives."""
    if before is None:
        return []
    allowed = f"−{margin.map:g} mAP"
    old = _mean_ap(before)
    missing = _not_comparable(before, after)
    if missing or after is None or old is None:
        remark = f"could not tell: {missing}"
        return [Change(entry, "map", old, None, Verdict.COULD_NOT_TELL, remark, allowed)]
    moved = _paired(before, after)
    if moved.standard_error == 0 and moved.mean == 0:
        return []
    low, high = moved.bounds(margin.level)
    if high < 0 and moved.mean < -margin.map:
        verdict, remark = Verdict.REGRESSED, "regressed"
    elif low >= -margin.map:
        verdict, remark = Verdict.HOLDS, "improved" if low > 0 else "moved, allowed"
    else:
        verdict = Verdict.COULD_NOT_TELL
        remark = f"could not tell: {moved.cells} cells and {moved.classes} classes are too few"
    interval = None if math.isnan(low) else (low, high)
    return [Change(entry, "map", old, old + moved.mean, verdict, remark, allowed, interval)]


def compare_speed(
    entry: str, before: Speed | None, after: Speed | None, allowance: Allowance
) -> list[Change]:
    """The change of the latency relative to the reference of the same run."""
    if before is None or before == after:
        return []
    allowed = f"+{100 * allowance.relative:g} %"
    old = before.latency_ratio
    if after is None:
        remark = "could not tell: not measured"
        return [Change(entry, "latency_ratio", old, None, Verdict.COULD_NOT_TELL, remark, allowed)]
    new, error = after.latency_ratio, math.hypot(before.precision, after.precision)
    if new <= old * (1 + allowance.relative):
        verdict, remark = Verdict.HOLDS, "improved" if new * (1 + error) < old else "moved, allowed"
    elif new * (1 - error) > old:
        verdict, remark = Verdict.REGRESSED, "regressed"
    else:
        verdict, remark = Verdict.COULD_NOT_TELL, f"could not tell: known to {100 * error:.0f} % only"
    return [Change(entry, "latency_ratio", old, new, verdict, remark, allowed)]


def _not_comparable(before: Quality, after: Quality | None) -> str:
    """Why the two cannot be compared, empty where they can."""
    if after is None:
        return "no test scores"
    if before.test_clips != after.test_clips:
        return "other test clips"
    missing = before.average_precision.keys() - after.average_precision.keys()
    if missing:
        return f"{len(missing)} of {len(before.average_precision)} cells are missing, `{min(missing)}` first"
    if not all(len(a) == len(b) for a, b in zip(_rows(before), _rows(after, before), strict=True)):
        return "other classes"
    if _defined(before) != _defined(after):
        return "other classes with positives on the same test clips: restore the baseline file"
    return "" if _defined(before) else "no class has a positive"


def _paired(before: Quality, after: Quality) -> PairedChange:
    columns = _defined(before)
    old, new = ([[row[k] for k in columns] for row in rows] for rows in (_rows(before), _rows(after, before)))
    return paired_change(old, new)  # type: ignore[arg-type]  # the columns left have numbers alone


def _rows(quality: Quality, of: Quality | None = None) -> list[tuple[float | None, ...]]:
    """Average precisions of the cells that `of` has, in its order."""
    return [quality.average_precision[cell] for cell in (of or quality).average_precision]


def _defined(quality: Quality) -> list[int]:
    """Classes with a positive."""
    return [k for k, value in enumerate(_rows(quality)[0]) if value is not None]


def _mean_ap(quality: Quality) -> float | None:
    values = [value for row in _rows(quality) for value in row if value is not None]
    return sum(values) / len(values) if values else None
