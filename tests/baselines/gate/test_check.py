"""The gate's verdicts."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prunebench.baselines import (
    COLUMNS,
    COSTS,
    Baseline,
    Change,
    Figures,
    MadeWith,
    Verdict,
    check,
    verdict_of,
)

FIGURES = Figures(
    widths=(64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 1024, 1024),
    parameters=23_205_839,
    parameter_bytes=92_823_356,
    macs_backbone=12_414_600_000,
    macs_with_frontend=13_466_600_000,
)
MOVED = (*FIGURES.widths[:6], 255, 257, *FIGURES.widths[8:])


def held(entries: Mapping[str, Figures]) -> Baseline:
    return Baseline(made_with=MadeWith("0.1.0", "prunebench baseline save"), entries=dict(entries))


def gate(found: Mapping[str, Figures], entries: Mapping[str, Figures]) -> tuple[Verdict, list[Change]]:
    changes = check(found, held(entries))
    return verdict_of(changes), changes


def changed(**by: Any) -> Figures:
    return dataclasses.replace(FIGURES, **by)


def test_verdicts_are_the_exit_codes() -> None:
    assert [int(v) for v in (Verdict.HOLDS, Verdict.REGRESSED, Verdict.COULD_NOT_TELL)] == [0, 1, 2]


def test_the_same_figures_hold_and_nothing_is_reported() -> None:
    assert gate({"model": FIGURES}, {"model": FIGURES}) == (Verdict.HOLDS, [])


@pytest.mark.parametrize("cost", COSTS)
def test_one_more_of_any_cost_has_regressed(cost: str) -> None:
    before = getattr(FIGURES, cost)
    verdict, changes = gate({"model": changed(**{cost: before + 1})}, {"model": FIGURES})
    assert verdict == Verdict.REGRESSED
    assert changes == [Change("model", cost, before, before + 1, Verdict.REGRESSED, "regressed", "none")]


@pytest.mark.parametrize("cost", COSTS)
def test_one_less_of_any_cost_holds_and_is_reported(cost: str) -> None:
    before = getattr(FIGURES, cost)
    verdict, changes = gate({"model": changed(**{cost: before - 1})}, {"model": FIGURES})
    assert verdict == Verdict.HOLDS
    assert changes == [Change("model", cost, before, before - 1, Verdict.HOLDS, "improved", "none")]


def test_an_improvement_elsewhere_does_not_pay_for_a_regression() -> None:
    found = changed(parameters=1, parameter_bytes=4, macs_backbone=FIGURES.macs_backbone + 1)
    verdict, changes = gate({"model": found}, {"model": FIGURES})
    assert verdict == Verdict.REGRESSED
    assert [c.remark for c in changes] == ["improved", "improved", "regressed"]


@pytest.mark.parametrize("by", [{}, {"parameters": 1}])
def test_moved_widths_hold_at_no_greater_cost_and_are_reported(by: dict[str, int]) -> None:
    verdict, changes = gate({"model": changed(widths=MOVED, **by)}, {"model": FIGURES})
    assert verdict == Verdict.HOLDS
    sides = FIGURES.widths, MOVED
    expected = Change("model", "widths", *sides, Verdict.HOLDS, "moved, allowed", "if no cost grows")
    assert changes[-1] == expected


def test_moved_widths_with_a_greater_cost_have_regressed() -> None:
    found = changed(widths=MOVED, macs_backbone=FIGURES.macs_backbone + 1, parameters=1)
    verdict, changes = gate({"model": found}, {"model": FIGURES})
    assert verdict == Verdict.REGRESSED
    assert (changes[-1].figure, changes[-1].verdict) == ("widths", Verdict.REGRESSED)


@pytest.mark.parametrize("found", [{}, {"other": FIGURES}, {"b": FIGURES}])
def test_an_entry_that_is_not_there_leaves_it_unable_to_tell(found: dict[str, Figures]) -> None:
    verdict, changes = gate(found, {"a": FIGURES, "b": FIGURES})
    assert verdict == Verdict.COULD_NOT_TELL
    assert Change("a", "entry", None, None, Verdict.COULD_NOT_TELL, "could not tell: missing") in changes


def test_a_regression_that_was_seen_outweighs_an_entry_that_is_not_there() -> None:
    worse = changed(parameters=FIGURES.parameters + 1)
    assert gate({"b": worse}, {"a": FIGURES, "b": FIGURES})[0] == Verdict.REGRESSED
    assert gate({"a": worse}, {"a": FIGURES, "b": FIGURES})[0] == Verdict.REGRESSED


def test_a_new_entry_is_reported_and_holds() -> None:
    verdict, changes = gate({"model": FIGURES, "new": FIGURES}, {"model": FIGURES})
    assert verdict == Verdict.HOLDS
    assert changes == [Change("new", "entry", None, None, Verdict.HOLDS, "new, not in the baseline")]


count = st.integers(1, 2**53)
figures = st.builds(
    Figures,
    widths=st.lists(st.integers(1, 9), min_size=12, max_size=12).map(tuple),
    **dict.fromkeys(COSTS, count),
)
entries = st.dictionaries(st.sampled_from("abcd"), figures, min_size=1)


@given(entries, entries, st.data())
def test_any_greater_cost_has_regressed_whatever_else_changes(
    before: dict[str, Figures], after: dict[str, Figures], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(before)))
    cost = data.draw(st.sampled_from(COSTS))
    found = after.get(name, before[name])
    greater = getattr(before[name], cost) + data.draw(st.integers(1, 10**12))
    after = {**after, name: dataclasses.replace(found, **{cost: greater})}
    verdict, changes = gate(after, before)
    assert verdict == Verdict.REGRESSED
    assert (name, cost, Verdict.REGRESSED) in {(c.entry, c.figure, c.verdict) for c in changes}


@given(entries, entries)
def test_it_holds_only_if_every_entry_is_there_and_no_cost_is_greater(
    before: dict[str, Figures], after: dict[str, Figures]
) -> None:
    grown = any(
        getattr(after[name], cost) > getattr(before[name], cost)
        for name in before.keys() & after.keys()
        for cost in COSTS
    )
    missing = not before.keys() <= after.keys()
    expected = Verdict.REGRESSED if grown else Verdict.COULD_NOT_TELL if missing else Verdict.HOLDS
    assert gate(after, before)[0] == expected


@given(entries, entries)
def test_every_difference_is_reported_once_in_order(
    before: dict[str, Figures], after: dict[str, Figures]
) -> None:
    expected = {(name, "entry") for name in before.keys() ^ after.keys()} | {
        (name, figure)
        for name in before.keys() & after.keys()
        for figure in (*COSTS, "widths")
        if getattr(before[name], figure) != getattr(after[name], figure)
    }
    found = [(c.entry, c.figure) for c in check(after, held(before))]
    assert len(found) == len(expected)
    assert set(found) == expected
    assert [entry for entry, _ in found] == sorted(entry for entry, _ in found)
    backwards = check(dict(reversed(after.items())), held(dict(reversed(before.items()))))
    assert backwards == check(after, held(before))


def test_rows_read_well() -> None:
    found = {
        "model": changed(widths=MOVED, parameters=46_411_678, parameter_bytes=46_411_678),
        "new": FIGURES,
    }
    rows = [c.as_row() for c in check(found, held({"model": FIGURES, "old": FIGURES}))]
    assert rows == [
        ("model", "parameters", "23,205,839", "46,411,678", "+100 %", "none", "regressed"),
        ("model", "parameter_bytes", "92,823,356", "46,411,678", "-50 %", "none", "improved"),
        ("model", "widths", "C7=256 C8=256", "C7=255 C8=257", "", "if no cost grows", "regressed"),
        ("new", "entry", "absent", "present", "", "", "new, not in the baseline"),
        ("old", "entry", "present", "absent", "", "", "could not tell: missing"),
    ]
    assert {len(row) for row in rows} == {len(COLUMNS)}


def test_a_change_of_one_in_millions_does_not_read_as_none() -> None:
    (change,) = check({"m": changed(parameters=FIGURES.parameters + 1)}, held({"m": FIGURES}))
    assert change.relative == pytest.approx(1 / FIGURES.parameters)
    assert change.as_row()[4] == "+4.31e-06 %"
