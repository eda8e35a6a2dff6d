"""Fewer classes, or another front end, are no improvement: such models are not compared."""

import dataclasses
from typing import Any

import pytest

from prunebench.baselines import (
    Baseline,
    Figures,
    MadeWith,
    check,
    entries_of_run,
    figures_of_model,
    uncovered,
)
from prunebench.baselines.regression.operating_point import HeldFrontEnd
from prunebench.eval import InputError, Record
from prunebench.harness import Cnn14

COUNTS: dict[str, Any] = {
    "parameters": 9,
    "parameter_bytes": 36,
    "macs_backbone": 5,
    "macs_with_frontend": 7,
}
PANNS = HeldFrontEnd(32_000, 1024, 320, 64)
WHOLE = Figures(widths=(2,) * 12, **COUNTS, n_classes=527, front_end=PANNS, state_dict_bytes=99)


def held(figures: Figures) -> Baseline:
    made = MadeWith("0.1.0", "prunebench baseline save")
    return Baseline(made_with=made, entries={"model": figures.without(["quality", "speed"])})


@pytest.mark.parametrize(
    ("changed", "held_is", "found_is"),
    [
        ({"n_classes": 10}, "527 classes", "10 classes"),
        ({"n_classes": 1}, "527 classes", "1 class"),
        (
            {"front_end": HeldFrontEnd(16_000, 512, 160, 64)},
            "a front end at 32,000 Hz (window 1,024, hop 320, 64 mels)",
            "a front end at 16,000 Hz (window 512, hop 160, 64 mels)",
        ),
        (
            {"front_end": dataclasses.replace(PANNS, hop=640)},
            "a front end at 32,000 Hz (window 1,024, hop 320, 64 mels)",
            "a front end at 32,000 Hz (window 1,024, hop 640, 64 mels)",
        ),
    ],
)
def test_a_cheaper_model_of_another_kind_is_refused(changed: Any, held_is: str, found_is: str) -> None:
    cheaper = dataclasses.replace(WHOLE, parameters=8, macs_with_frontend=6, **changed)
    with pytest.raises(InputError) as error:
        check({"model": cheaper}, held(WHOLE))
    assert str(error.value) == (
        f"Entry `model` of the baseline belongs to a model with {held_is}. Found a model with {found_is}: give a "
        f"model with {held_is}, or save a new baseline of this model."
    )


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        (["n_classes", "front_end"], "how many classes its models have and what their front end is"),
        (["n_classes"], "how many classes its models have"),
        (["front_end"], "what their front end is"),
    ],
)
def test_what_one_side_does_not_say_is_told(lacks: list[str], said: str) -> None:
    bare = dataclasses.replace(WHOLE, **dict.fromkeys(lacks))
    assert check({"model": WHOLE}, held(bare)) == check({"model": bare}, held(WHOLE)) == []
    notes = uncovered({"model": WHOLE}, held(bare), "m.pth", "b.json")
    assert notes[-1] == f"`b.json` does not state {said}, so `check` cannot compare that: save it again."
    notes = uncovered({"model": bare}, held(WHOLE), "runs/old", "b.json")
    assert notes[-1] == (
        f"`runs/old` does not state {said}, so `check` cannot compare that: make the run again in a new folder."
    )
    assert "does not state" not in "".join(uncovered({"model": bare}, held(bare), "m.pth", "b.json"))


@pytest.mark.parametrize(
    ("rate", "front_end"), [(32_000, PANNS), (16_000, HeldFrontEnd(16_000, 512, 160, 64))]
)
def test_a_model_says_its_classes_and_its_front_end(rate: int, front_end: HeldFrontEnd) -> None:
    (found,) = figures_of_model(Cnn14([2] * 12, n_classes=3, embedding=4, sample_rate=rate)).values()
    assert (found.n_classes, found.front_end) == (3, front_end)


def cell(seed: int, n_classes: int) -> Record:
    return Record(
        cell=f"c{seed}", outcome="o", criterion="l1", data="synth", base="b", base_seed=seed, scope="C7-C12",
        ratio=0.5, widths=(2,) * 12, measures=COUNTS, n_classes=n_classes,
    )  # fmt: skip


def test_cells_of_before_classes_were_recorded_have_those_of_the_others() -> None:
    (found,) = entries_of_run([cell(0, 0), cell(1, 24)]).values()
    assert found.n_classes == 24
    (found,) = entries_of_run([cell(0, 0)]).values()
    assert found.n_classes is None
    with pytest.raises(InputError, match="All cells of an entry must have the same widths and costs"):
        entries_of_run([cell(0, 10), cell(1, 24)])
