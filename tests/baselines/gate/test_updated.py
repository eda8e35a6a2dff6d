"""What `check --update` takes over."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from prunebench.baselines import (
    Allowance,
    Baseline,
    BaseSpread,
    Figures,
    MadeWith,
    Margin,
    Quality,
    Speed,
    Tolerances,
    check,
    updated,
)
from prunebench.baselines.regression.operating_point import HeldFrontEnd
from prunebench.eval import InputError

MADE = MadeWith("0.1.0", "prunebench baseline save run -o b.json")
EXACT = Figures(
    widths=(4,) * 12,
    parameters=10,
    parameter_bytes=40,
    macs_backbone=100,
    macs_with_frontend=200,
    state_dict_bytes=1000,
)
TABLE = np.array([[0.5, 0.6, 0.7, 0.8], [0.55, 0.6, 0.72, 0.81], [0.52, 0.64, 0.7, 0.8]])
MARGIN = Tolerances(quality=Margin(0.02, 0.05, "for the tests"))


def quality(table: Any, **known: Any) -> Quality:
    return Quality("c0ffee", {f"base {i}": tuple(map(float, row)) for i, row in enumerate(table)}, **known)


def update(before: Figures, after: Figures) -> Figures:
    held = Baseline(made_with=MADE, entries={"e": before}, tolerances=MARGIN)
    found = {"e": after, "new": after}
    new = updated(held, found, check(found, held), MADE)
    assert new.tolerances == MARGIN
    assert set(new.entries) == {"e", "new"}
    return new.entries["e"]


def test_update_takes_what_improved_and_no_allowed_loss() -> None:
    before = dataclasses.replace(EXACT, quality=quality(TABLE), speed=Speed(0.5, 0.02))
    worse = dataclasses.replace(
        before, quality=quality(TABLE - 0.01), speed=Speed(0.52, 0.02), state_dict_bytes=1010
    )
    assert update(before, worse) == before
    better = dataclasses.replace(
        before, parameters=9, quality=quality(TABLE + 0.01), speed=Speed(0.3, 0.02), state_dict_bytes=900
    )
    assert update(before, better) == better


def test_update_holds_no_part_that_the_baseline_leaves_out() -> None:
    bare = EXACT.without(["speed", "quality"])
    held = Baseline(made_with=MADE, entries={"e": bare})
    found = {"new": dataclasses.replace(EXACT, speed=Speed(0.5, 0.1)), "e": bare}
    assert updated(held, found, check(found, held), MADE).entries == {"e": bare, "new": bare}


def test_update_takes_the_classes_that_an_earlier_version_did_not_write() -> None:
    known = dataclasses.replace(EXACT, n_classes=10, front_end=HeldFrontEnd(32_000, 1024, 320, 64))
    assert update(EXACT, known) == known
    assert update(known, EXACT) == known


def test_update_refuses_a_regression() -> None:
    held = Baseline(made_with=MADE, entries={"e": EXACT})
    found = {"e": dataclasses.replace(EXACT, parameters=11)}
    with pytest.raises(InputError, match="prunebench baseline save"):
        updated(held, found, check(found, held), MADE)


def test_tolerances_need_a_reason_and_a_range() -> None:
    assert Tolerances().with_tolerance("speed", 0.2, "a noisy machine").speed == Allowance(
        0.2, "a noisy machine"
    )
    assert Tolerances().with_tolerance("quality", 0.01, "six bases").quality == Margin(
        0.01, 0.05, "six bases"
    )
    for arguments, said in {
        ("sped", 0.1, "why"): "did you mean `speed`",
        ("speed", 1.0, "why"): r"must lie in \[0, 1\)",
        ("speed", 0.1, " "): "must have a reason",
    }.items():
        with pytest.raises(InputError, match=said):
            Tolerances().with_tolerance(*arguments)


def test_update_keeps_the_spread_between_base_models_and_takes_the_new_weights() -> None:
    names = [f"base {i}" for i in range(3)]
    same = dict.fromkeys(names, "aa")
    held = dataclasses.replace(EXACT, quality=quality(TABLE, bases=same, spread=BaseSpread(1e-5, 5)))
    better = dataclasses.replace(EXACT, quality=quality(TABLE + 0.01, bases=same))
    assert update(held, better).quality == quality(TABLE + 0.01, bases=same, spread=BaseSpread(1e-5, 5))


def test_update_takes_what_improved_for_one_base_model() -> None:
    held, better = (
        dataclasses.replace(EXACT, quality=Quality("c0ffee", rows, bases={"base 0": "aa"}))
        for rows in (
            {"base 0, tail 0": (0.5, 0.6), "base 0, tail 1": (0.52, 0.61)},
            {"base 0, tail 0": (0.51, 0.61), "base 0, tail 1": (0.53, 0.62)},
        )
    )
    assert update(held, better) == better
