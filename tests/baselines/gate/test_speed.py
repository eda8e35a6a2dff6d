"""The gate on speed and bytes of the file, and on what a baseline leaves out."""

import dataclasses
from typing import Any

import pytest

from prunebench.baselines import (
    Baseline,
    Change,
    Figures,
    MadeWith,
    Quality,
    Speed,
    Verdict,
    check,
    verdict_of,
)

MADE = MadeWith("0.1.0", "prunebench baseline save run -o b.json")
EXACT = Figures(
    widths=(4,) * 12,
    parameters=10,
    parameter_bytes=40,
    macs_backbone=100,
    macs_with_frontend=200,
    state_dict_bytes=1000,
)


def gate(before: Figures, after: Figures) -> tuple[Verdict, list[Change]]:
    changes = check({"e": after}, Baseline(made_with=MADE, entries={"e": before}))
    return verdict_of(changes), changes


@pytest.mark.parametrize(
    ("before", "after", "verdict", "remark"),
    [
        ((0.5, 0.02), (0.54, 0.02), Verdict.HOLDS, "moved, allowed"),
        ((0.5, 0.02), (0.56, 0.02), Verdict.REGRESSED, "regressed"),
        (
            (0.5, 0.02),
            (0.56, 0.3),
            Verdict.COULD_NOT_TELL,
            "could not tell: the ratio is known only to ±30 %",
        ),
        (
            (0.5, 0.02),
            (0.8, 1.2),
            Verdict.COULD_NOT_TELL,
            "could not tell: the ratio is known only to ±120 %",
        ),
        ((0.5, 0.02), (0.4, 0.02), Verdict.HOLDS, "improved"),
        ((0.5, 0.02), (0.49, 0.1), Verdict.HOLDS, "moved, allowed"),
        ((0.5, 0.02), None, Verdict.COULD_NOT_TELL, "could not tell: not measured"),
    ],
)
def test_speed(before: Any, after: Any, verdict: Verdict, remark: str) -> None:
    sides = (dataclasses.replace(EXACT, speed=side and Speed(*side)) for side in (before, after))
    found, (change,) = gate(*sides)
    assert (found, change.figure, change.remark) == (verdict, "latency_ratio", remark)


@pytest.mark.parametrize(
    ("bytes_", "verdict", "remark"),
    [
        (1020, Verdict.HOLDS, "moved, allowed"),
        (1021, Verdict.REGRESSED, "regressed"),
        (990, Verdict.HOLDS, "improved"),
        (None, Verdict.COULD_NOT_TELL, "could not tell: not measured"),
    ],
)
def test_bytes_of_the_file(bytes_: int | None, verdict: Verdict, remark: str) -> None:
    found, (change,) = gate(EXACT, dataclasses.replace(EXACT, state_dict_bytes=bytes_))
    assert (found, change.figure, change.remark) == (verdict, "state_dict_bytes", remark)


def test_what_a_baseline_does_not_hold_is_not_compared() -> None:
    bare = EXACT.without(["state_dict_bytes", "quality", "speed"])
    assert gate(
        bare, dataclasses.replace(EXACT, speed=Speed(2, 0), quality=Quality("c0ffee", {"base 0": (0.5,)}))
    ) == (
        Verdict.HOLDS,
        [],
    )
