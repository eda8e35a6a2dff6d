"""The gate on quality, speed and bytes of the file."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from prunebench.baselines import (
    Allowance,
    Baseline,
    Change,
    Figures,
    MadeWith,
    Margin,
    Quality,
    Speed,
    Tolerances,
    Verdict,
    check,
    paired_change,
    updated,
    verdict_of,
)
from prunebench.eval import InputError

MADE = MadeWith("0.1.0", "prunebench baseline save run -o b.json")
EXACT = Figures(
    widths=(4,) * 12,
    parameters=10,
    parameter_bytes=40,
    macs_backbone=100,
    macs_with_frontend=200,
    file_bytes=1000,
)
TABLE = np.array([[0.5, 0.6, 0.7, 0.8], [0.55, 0.6, 0.72, 0.81], [0.52, 0.64, 0.7, 0.8]])
MARGIN = Tolerances(quality=Margin(0.02, 0.05, "for the tests"))


def quality(table: Any, clips: str = "c0ffee") -> Quality:
    rows = [[None if math.isnan(value) else float(value) for value in row] for row in np.asarray(table)]
    return Quality(clips, {f"base {i}": tuple(row) for i, row in enumerate(rows)})


def gate(before: Figures, after: Figures) -> tuple[Verdict, list[Change]]:
    held = Baseline(made_with=MADE, entries={"e": before}, tolerances=MARGIN)
    changes = check({"e": after}, held)
    return verdict_of(changes), changes


def of_quality(before: Any, after: Any) -> tuple[Verdict, list[Change]]:
    sides = (side if isinstance(side, Quality | None) else quality(side) for side in (before, after))
    return gate(*(dataclasses.replace(EXACT, quality=side) for side in sides))


def test_the_same_quality_reports_nothing() -> None:
    assert of_quality(TABLE, TABLE) == (Verdict.HOLDS, [])


def test_a_sure_drop_beyond_the_margin_has_regressed() -> None:
    verdict, (change,) = of_quality(TABLE, TABLE - 0.05 + 0.01 * np.sin(np.arange(12).reshape(3, 4)))
    assert (verdict, change.figure, change.remark) == (Verdict.REGRESSED, "map", "regressed")
    assert change.interval is not None
    assert change.interval[1] < 0
    assert change.as_row()[5] == "−0.02 mAP"


def test_a_sure_drop_within_the_margin_is_allowed_and_reported() -> None:
    verdict, (change,) = of_quality(TABLE, TABLE - 0.01)
    assert (verdict, change.remark) == (Verdict.HOLDS, "moved, allowed")


def test_a_sure_gain_has_improved() -> None:
    verdict, (change,) = of_quality(TABLE, TABLE + 0.01)
    assert (verdict, change.remark) == (Verdict.HOLDS, "improved")


def test_a_drop_that_may_be_chance_cannot_be_told() -> None:
    noise = np.array([[0.2, -0.25, 0.1, -0.2], [-0.2, 0.1, -0.3, 0.2], [0.1, -0.2, 0.2, -0.15]])
    verdict, (change,) = of_quality(TABLE, np.clip(TABLE + noise, 0, 1))
    assert verdict == Verdict.COULD_NOT_TELL
    assert change.remark == "could not tell: 3 cells and 4 classes are too few"


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (None, "no test scores"),
        (quality(TABLE, "bead"), "other test clips"),
        (quality(TABLE[:2]), "1 of 3 cells are missing, `base 2` first"),
        (quality(TABLE[:, :3]), "other classes"),
    ],
)
def test_what_is_not_there_cannot_be_told(after: Quality | None, reason: str) -> None:
    verdict, (change,) = of_quality(TABLE, after)
    assert (verdict, change.remark) == (Verdict.COULD_NOT_TELL, f"could not tell: {reason}")


def test_more_cells_than_the_baseline_has_are_left_alone() -> None:
    more = np.vstack([TABLE, TABLE[:1] - 0.4])
    assert of_quality(TABLE, more) == (Verdict.HOLDS, [])


def test_a_class_without_positives_is_left_out() -> None:
    empty = np.full((3, 1), np.nan)
    before, after = np.hstack([TABLE, empty]), np.hstack([TABLE - 0.01, empty])
    (with_empty,), (without,) = (of_quality(*pair)[1] for pair in ((before, after), (TABLE, TABLE - 0.01)))
    assert with_empty == without


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("column", range(4))
def test_a_class_taken_away_by_hand_cannot_be_told(column: int, swapped: bool) -> None:
    """The digest of the clips says that the same classes have positives."""
    other = TABLE.copy()
    other[:, column] = np.nan
    verdict, (change,) = of_quality(*((TABLE, other) if swapped else (other, TABLE)))
    assert verdict == Verdict.COULD_NOT_TELL
    assert change.remark == (
        "could not tell: other classes with positives on the same test clips: restore the baseline file"
    )


def test_one_cell_and_one_class_leave_no_spread() -> None:
    assert of_quality([[0.5]], [[0.45]])[0] == Verdict.COULD_NOT_TELL
    assert of_quality([[0.5]], [[0.5]])[0] == Verdict.HOLDS


tables = arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=st.floats(0, 1))


@given(tables, st.integers(0, 9))
def test_the_paired_change_is_that_of_its_definition(before: np.ndarray, seed: int) -> None:
    after = np.random.default_rng(seed).random(before.shape)
    found = paired_change(before, after)
    cells, classes = before.shape
    moved = [[after[s][k] - before[s][k] for k in range(classes)] for s in range(cells)]
    mean = sum(map(sum, moved)) / cells / classes
    parts = []
    for means in (
        [sum(row) / classes for row in moved],
        [sum(row[k] for row in moved) / cells for k in range(classes)],
    ):
        if len(means) > 1:
            spread = sum((value - mean) ** 2 for value in means) / (len(means) - 1)
            parts.append((spread / len(means), len(means) - 1))
    assert found.mean == pytest.approx(mean, abs=1e-12)
    if not parts:
        assert math.isnan(found.standard_error)
        return
    total = sum(part for part, _ in parts)
    assert found.standard_error == pytest.approx(math.sqrt(total), abs=1e-12)
    assert found.freedom == pytest.approx(total**2 / sum(part**2 / free for part, free in parts), rel=1e-6)


def test_under_no_change_few_runs_are_called_worse() -> None:
    """Chance alone, cells and classes with effects of their own: at most about 5 % fall below the lower limit."""
    draw = np.random.default_rng(0)
    worse = 0
    for _ in range(1000):
        moved = draw.normal(0, 0.03, (3, 1)) + draw.normal(0, 0.03, (1, 20)) + draw.normal(0, 0.03, (3, 20))
        worse += paired_change(np.zeros((3, 20)), moved).bounds(0.05)[1] < 0
    assert 20 <= worse <= 65


@pytest.mark.parametrize(
    "pair", [([[0.5]], [[0.5, 0.5]]), ([0.5], [0.5]), ([[]], [[]]), ([[0.5]], [[math.nan]])]
)
def test_tables_that_do_not_fit_are_refused(pair: tuple[Any, Any]) -> None:
    with pytest.raises(InputError, match="must be"):
        paired_change(*pair)


@pytest.mark.parametrize(
    ("before", "after", "verdict", "remark"),
    [
        ((0.5, 0.02), (0.54, 0.02), Verdict.HOLDS, "moved, allowed"),
        ((0.5, 0.02), (0.56, 0.02), Verdict.REGRESSED, "regressed"),
        ((0.5, 0.02), (0.56, 0.3), Verdict.COULD_NOT_TELL, "could not tell: known to 30 % only"),
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
    found, (change,) = gate(EXACT, dataclasses.replace(EXACT, file_bytes=bytes_))
    assert (found, change.figure, change.remark) == (verdict, "file_bytes", remark)


def test_what_a_baseline_does_not_hold_is_not_compared() -> None:
    bare = EXACT.without(["file_bytes", "quality", "speed"])
    assert gate(bare, dataclasses.replace(EXACT, speed=Speed(2, 0), quality=quality(TABLE))) == (
        Verdict.HOLDS,
        [],
    )


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
        before, quality=quality(TABLE - 0.01), speed=Speed(0.52, 0.02), file_bytes=1010
    )
    assert update(before, worse) == before
    better = dataclasses.replace(
        before, parameters=9, quality=quality(TABLE + 0.01), speed=Speed(0.3, 0.02), file_bytes=900
    )
    assert update(before, better) == better


def test_update_holds_no_part_that_the_baseline_leaves_out() -> None:
    bare = EXACT.without(["speed", "quality"])
    held = Baseline(made_with=MADE, entries={"e": bare})
    found = {"new": dataclasses.replace(EXACT, speed=Speed(0.5, 0.1)), "e": bare}
    assert updated(held, found, check(found, held), MADE).entries == {"e": bare, "new": bare}


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
