"""From the records of a run to entries."""

import dataclasses
from typing import Any

import pytest

from prunebench.baselines import COSTS, MODEL_ENTRY, Figures, entries_of_run, entry_name
from prunebench.eval import InputError, Record

WIDTHS = (8, 8, 16, 16, 32, 32, 32, 32, 64, 64, 128, 128)
MEASURES = {
    "parameters": 1000.0,
    "parameter_bytes": 4000,
    "macs_backbone": 5e6,
    "macs_with_frontend": 6e6,
    "test_map": 0.5,
}


def record(**changed: Any) -> Record:
    fields: dict[str, Any] = {
        "cell": "c0ffee", "outcome": "beef", "criterion": "l1", "data": "synth", "base": "b",
        "scope": "C7-C12", "ratio": 0.5, "widths": WIDTHS, "measures": MEASURES,
    }  # fmt: skip
    return Record(**fields | changed)


def test_a_cell_whose_base_model_was_trained_on_is_another_entry():
    assert entry_name(record(sparsify="plain", sparsify_steps=9)) == "synth/l1/C7-C12/0.5/plain 9 steps"
    slimmed = record(sparsify="slimming", sparsify_steps=9)
    assert entry_name(slimmed) == "synth/l1/C7-C12/0.5/slimming 9 steps"


def test_a_cell_that_converged_is_another_entry_than_one_of_so_many_steps():
    short = {"base": {}, "fine-tuned": {"test_map": 0.4}}
    assert entry_name(record(stages=short)) == "synth/l1/C7-C12/0.5"
    both = record(stages={**short, "converged": {"test_map": 0.5}})
    assert entry_name(both) == "synth/l1/C7-C12/0.5/converged"
    iterative = dataclasses.replace(both, schedule="iterative[rounds=2]")
    assert entry_name(iterative) == "synth/l1/C7-C12/0.5/iterative[rounds=2]/converged"


def test_a_cell_gives_its_exact_figures_alone() -> None:
    assert entries_of_run([record()]) == {
        "synth/l1/C7-C12/0.5": Figures(
            widths=WIDTHS,
            parameters=1000,
            parameter_bytes=4000,
            macs_backbone=5_000_000,
            macs_with_frontend=6_000_000,
        )
    }


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "synth/l1/C7-C12/0.5"),
        ({"data": "esc10 mix=3"}, "esc10 mix=3/l1/C7-C12/0.5"),
        ({"criterion": "operator_norm[centre=False]"}, "synth/operator_norm[centre=False]/C7-C12/0.5"),
        ({"control": "reversed"}, "synth/reversed l1/C7-C12/0.5"),
        ({"control": "unpruned", "criterion": None, "ratio": 0}, "synth/unpruned/C7-C12/0.0"),
        ({"scope": "C1-C12", "ratio": 0.25}, "synth/l1/C1-C12/0.25"),
        ({"finetune_scope": "all", "finetune_seed": 3, "base_seed": 7}, "synth/l1/C7-C12/0.5"),
        ({"criterion": "random", "prune_seed": 2}, "synth/random/C7-C12/0.5"),
        ({"budget": "macs_backbone", "target": 0.6, "ratio": 0.53}, "synth/l1/C7-C12/macs_backbone 0.6"),
        ({"schedule": "iterative[rounds=3]"}, "synth/l1/C7-C12/0.5/iterative[rounds=3]"),
        ({"allocation": "own", "budget": "own"}, "synth/l1/C7-C12/own/base 0"),
        (
            {"allocation": "global", "schedule": "iterative", "finetune_scope": "tail", "finetune_seed": 1},
            "synth/l1/C7-C12/0.5/iterative/global/base 0/tail 1",
        ),
        ({"allocation": "global", "base_seed": 2}, "synth/l1/C7-C12/0.5/global/base 2"),
        ({"allocation": "global", "prune_seed": 1}, "synth/l1/C7-C12/0.5/global/base 0/prune 1"),
    ],
)
def test_an_entry_is_named_by_what_decides_its_figures(changed: dict[str, Any], name: str) -> None:
    assert entry_name(record(**changed)) == name


def test_no_run_can_make_the_name_of_a_checkpoint() -> None:
    assert entry_name(record()).count("/") > MODEL_ENTRY.count("/")


def test_seeds_of_one_entry_collapse_and_names_are_sorted() -> None:
    run = [
        record(criterion="random", prune_seed=0),
        record(criterion="l1", finetune_seed=0),
        record(criterion="l1", finetune_seed=1),
    ]
    assert list(entries_of_run(run)) == ["synth/l1/C7-C12/0.5", "synth/random/C7-C12/0.5"]
    assert entries_of_run(run[::-1]) == entries_of_run(run)


@pytest.mark.parametrize("cost", COSTS)
def test_contradicting_cells_are_refused(cost: str) -> None:
    other = record(measures={**MEASURES, cost: MEASURES[cost] + 1}, base_seed=1)
    with pytest.raises(InputError, match=r"same widths and costs.*`synth/l1/C7-C12/0\.5`"):
        entries_of_run([record(), other])


def test_contradicting_widths_are_refused() -> None:
    with pytest.raises(InputError, match="same widths and costs"):
        entries_of_run([record(), record(widths=WIDTHS[::-1])])


def test_failed_cells_give_no_entry_and_hide_no_finished_one() -> None:
    failed = record(status="failed", error="killed", widths=(), measures={})
    assert entries_of_run([failed]) == {}
    assert list(entries_of_run([failed, record(), failed])) == ["synth/l1/C7-C12/0.5"]


@pytest.mark.parametrize(
    "measures",
    [
        {},
        *({name: value for name, value in MEASURES.items() if name != cost} for cost in COSTS),
        {**MEASURES, "parameters": 1000.5},
        {**MEASURES, "macs_backbone": float("nan")},
        {**MEASURES, "macs_backbone": float("inf")},
        {**MEASURES, "parameters": 0},
        {**MEASURES, "parameters": True},
    ],
)
def test_finished_cells_without_exact_figures_are_refused(measures: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"Cell `c0ffee`.*make the run again in a new folder"):
        entries_of_run([record(measures=measures)])


@pytest.mark.parametrize("widths", [(), WIDTHS[:11], (*WIDTHS, 1), (0, *WIDTHS[1:])])
def test_finished_cells_without_twelve_widths_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"Cell `c0ffee` differs: `widths"):
        entries_of_run([record(widths=widths)])


def test_figures_are_values() -> None:
    (figures,) = entries_of_run([record()]).values()
    with pytest.raises(dataclasses.FrozenInstanceError):
        figures.parameters = 1  # type: ignore[misc]
    assert hash(figures) == hash(dataclasses.replace(figures))
