"""The gate on speed: the latency relative to the unpruned model of the same run.

Speed has regressed where that ratio surely grew and by more than the tolerance; it cannot be told where it grew by
more, but not surely.
"""

from __future__ import annotations

import math

from prunebench.baselines.gate.change import Change, Verdict
from prunebench.baselines.regression.operating_point import Speed
from prunebench.baselines.regression.tolerances import Allowance


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
        verdict, remark = (
            Verdict.COULD_NOT_TELL,
            f"could not tell: the ratio is known only to ±{float(f'{100 * error:.2g}'):g} %",
        )
    return [Change(entry, "latency_ratio", old, new, verdict, remark, allowed)]
