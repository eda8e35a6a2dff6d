"""The gate on quality: the same base models, others that were trained anew, and what cannot be told."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunebench.baselines import (
    Baseline,
    BaseSpread,
    Change,
    Figures,
    MadeWith,
    Margin,
    Quality,
    Tolerances,
    Verdict,
    check,
    load_baseline,
    paired_change,
    verdict_of,
)

SCHEMAS = Path(__file__).parents[2] / "schemas"
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


def test_the_interval_and_what_counts_as_improved_have_the_level_of_the_margin() -> None:
    noise = 0.002 * np.array([[1, -2, 1, 0], [-1, 2, 0, -2], [2, -1, -2, 2]])
    half = paired_change(TABLE, TABLE + noise).half_width(0.05)
    for gain, remark in ((1.01 * half, "improved"), (0.99 * half, "moved, allowed")):
        verdict, (change,) = of_quality(TABLE, TABLE + noise - noise.mean() + gain)
        assert (verdict, change.remark) == (Verdict.HOLDS, remark)
        assert change.interval == pytest.approx((gain - half, gain + half))


def test_a_drop_that_may_be_chance_cannot_be_told() -> None:
    noise = np.array([[0.2, -0.25, 0.1, -0.2], [-0.2, 0.1, -0.3, 0.2], [0.1, -0.2, 0.2, 0.15]])
    verdict, (change,) = of_quality(TABLE, TABLE + noise / 4)
    assert verdict == Verdict.COULD_NOT_TELL
    assert change.remark == "could not tell: 3 base models; about 5 would be enough"


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (None, "no test scores"),
        (quality(TABLE, "bead"), "the test clips are not those of the baseline"),
        (quality(TABLE[:2]), "1 of 3 cells is missing, `base 2`"),
        (quality(TABLE[:, :3]), "the classes are not those of the baseline"),
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
        "could not tell: on the same test clips, the baseline has positives in other classes: restore the baseline file"
    )


def test_one_cell_and_one_class_leave_no_spread() -> None:
    assert of_quality([[0.5]], [[0.45]])[0] == Verdict.COULD_NOT_TELL
    assert of_quality([[0.5]], [[0.5]])[0] == Verdict.HOLDS


def of_bases(table: Any, digest: str = "aa", cells: int = 1, **known: Any) -> Quality:
    """Rows are base models; each has so many cells, which lie around it."""
    wiggle = 0.001 * np.sin(np.arange(cells * 24)).reshape(cells, 24)
    rows = {
        f"base {i}, tail {j}": tuple(map(float, row + wiggle[j, : len(row)]))
        for i, row in enumerate(np.asarray(table))
        for j in range(cells)
    }
    return Quality("c0ffee", rows, bases={f"base {i}": f"{digest}{i}" for i in range(len(table))}, **known)


def test_cells_of_one_base_model_speak_for_it_alone() -> None:
    before = of_bases(TABLE[:1], cells=6)
    for after, verdict, remark in (
        (TABLE[:1] - 0.01, Verdict.HOLDS, "moved, allowed, for this base model only"),
        (TABLE[:1] + 0.01, Verdict.HOLDS, "improved, for this base model only"),
        (TABLE[:1] - 0.04, Verdict.REGRESSED, "regressed, for this base model only"),
    ):
        found, (change,) = of_quality(before, of_bases(after, cells=6))
        assert (found, change.remark) == (verdict, remark)


def test_one_base_model_trained_anew_never_passes_and_never_fails() -> None:
    before = of_bases(TABLE[:1], cells=6)
    for moved in (-0.2, -0.01, 0.0, 0.1):
        found, (change,) = of_quality(before, of_bases(TABLE[:1] + moved, "bb", cells=6))
        assert (found, change.interval) == (Verdict.COULD_NOT_TELL, None)
        assert change.remark == (
            "could not tell: 1 against 1 base models trained again; 2 on each side are needed"
        )


def test_with_the_spread_of_other_runs_one_trained_anew_can_be_told() -> None:
    before = of_bases(TABLE[:1], cells=6, spread=BaseSpread(1e-6, 5))
    assert of_quality(before, of_bases(TABLE[:1] - 0.005, "bb", cells=6))[0] == Verdict.HOLDS
    assert of_quality(before, of_bases(TABLE[:1] - 0.05, "bb", cells=6))[0] == Verdict.REGRESSED
    wide = dataclasses.replace(before, spread=BaseSpread(1e-3, 5))
    verdict, (change,) = of_quality(wide, of_bases(TABLE[:1] - 0.005, "bb", cells=6))
    assert verdict == Verdict.COULD_NOT_TELL
    assert change.remark.endswith(
        "1 against 1 base models trained again; about 25 on each side would be enough"
    )


def test_base_models_trained_anew_are_held_against_the_spread_between_them() -> None:
    """The same numbers: paired they differ by little, trained anew base models differ by chance as much."""
    bases = np.array([[0.5, 0.6, 0.7], [0.58, 0.68, 0.78], [0.54, 0.64, 0.74]])
    same = of_quality(of_bases(bases), of_bases(bases - 0.005))
    anew = of_quality(of_bases(bases), of_bases(bases - 0.005, "bb"))
    assert (same[0], anew[0]) == (Verdict.HOLDS, Verdict.COULD_NOT_TELL)


def test_more_base_models_now_than_then_count_where_they_were_trained_anew() -> None:
    bases = np.array([[0.5, 0.6, 0.7], [0.503, 0.603, 0.703]])
    more = np.vstack([bases, bases + 0.001, bases - 0.001])
    found, (change,) = of_quality(of_bases(bases), of_bases(more - 0.004, "bb"))
    assert found == Verdict.HOLDS
    assert change.after == pytest.approx(float(more.mean()) - 0.004, abs=6e-4)
    assert change.after - change.before == pytest.approx(float(more.mean() - bases.mean()) - 0.004, abs=1e-9)


def test_one_base_model_of_unknown_weights_is_told_only_by_its_unpruned_cell() -> None:
    def entries(moved: float, unpruned: float) -> dict[str, Figures]:
        def figures(table: Any) -> Figures:
            rows = {f"base 0, tail {j}": tuple(map(float, row)) for j, row in enumerate(table)}
            return dataclasses.replace(EXACT, quality=Quality("c0ffee", rows))

        wiggle = 0.001 * np.sin(np.arange(12)).reshape(3, 4)
        return {
            "synth/l1/C7-C12/0.5": figures(TABLE + moved * (1 + wiggle)),
            "synth/unpruned/C7-C12/0.0": figures(TABLE[:1] + unpruned),
        }

    held = Baseline(made_with=MADE, entries=entries(0, 0), tolerances=MARGIN)
    known = check(entries(-0.005, 0.0), held)
    assert [(c.entry, c.verdict) for c in known] == [("synth/l1/C7-C12/0.5", Verdict.HOLDS)]
    unknown = check(entries(-0.005, 0.00001), held)
    assert [c.verdict for c in unknown] == [Verdict.COULD_NOT_TELL] * 2
    assert unknown[0].remark == (
        "could not tell: the baseline or the run does not identify the weights of its one base model"
    )


def test_a_baseline_of_schema_2_is_answered_as_far_as_it_carries() -> None:
    held = load_baseline(SCHEMAS / "baseline-2.json")
    name, figures = next(iter(held.entries.items()))
    assert figures.quality is not None
    for moved, verdict in ((0.0, Verdict.HOLDS), (-0.015, Verdict.HOLDS), (-0.1, Verdict.REGRESSED)):
        rows = {
            cell: tuple(value + moved for value in row if value is not None)
            for cell, row in figures.quality.average_precision.items()
        }
        now = dataclasses.replace(
            figures, quality=dataclasses.replace(figures.quality, average_precision=rows)
        )
        assert verdict_of(check({name: now}, held)) == verdict


def test_the_number_that_would_do_does() -> None:
    """With that many base models that spread alike the gate tells."""
    draw = np.random.default_rng(3)
    before, moved = 0.5 + 0.05 * draw.random((3, 24)), draw.normal(-0.003, 0.02, (3, 1))
    verdict, (change,) = of_quality(of_bases(before), of_bases(before + moved))
    assert verdict == Verdict.COULD_NOT_TELL
    needed = int(change.remark.split("about ")[1].split()[0])
    assert 3 < needed < 20
    deviations = moved - moved.mean()
    for bases, told in ((needed, True), (needed - 1, False)):
        spread = draw.normal(size=(bases, 1))
        spread = (spread - spread.mean()) / spread.std(ddof=1) * deviations.std(ddof=1)
        table = 0.5 + 0.05 * draw.random((bases, 24))
        found, _ = of_quality(of_bases(table), of_bases(table + moved.mean() + spread))
        assert (found != Verdict.COULD_NOT_TELL) == told
