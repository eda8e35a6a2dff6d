"""What the gate says that it did not compare."""

import dataclasses

import pytest

from prunebench.baselines import Baseline, Figures, MadeWith, Quality, Speed, uncovered

COUNTS = {"parameters": 9, "parameter_bytes": 36, "macs_backbone": 5, "macs_with_frontend": 7}
WHOLE = Figures(
    widths=(2,) * 12,
    **COUNTS,
    state_dict_bytes=99,
    speed=Speed(0.5, 0.01),
    quality=Quality("clips", {"base 0": (0.5, 0.25), "base 1": (0.5, 0.25)}),
)


def held(**entries: Figures) -> Baseline:
    return Baseline(made_with=MadeWith("0.1.0", "prunebench baseline save"), entries=entries)


def test_all_that_is_held_and_found_leaves_nothing_to_say() -> None:
    assert uncovered({"a": WHOLE}, held(a=WHOLE), "run", "b.json") == ()


def test_a_part_that_some_entries_lack_is_counted() -> None:
    bare = WHOLE.without(["quality", "speed"])
    notes = uncovered({"a": WHOLE, "b": WHOLE}, held(a=bare, b=WHOLE.without(["speed"])), "run", "b.json")
    assert notes == (
        "`b.json` lacks these values, so `check` did not compare them: quality of 1 of 2 entries, speed.",
    )


@pytest.mark.parametrize(
    ("found", "name", "said"),
    [
        (
            "model",
            "cell",
            "`s` is a single model, but `b.json` contains cells of a run: give the run's folder, or save another "
            "baseline.",
        ),
        (
            "cell",
            "model",
            "`s` is a run, but `b.json` contains a single model: give a checkpoint, or save another baseline.",
        ),
        (
            "cell",
            "other",
            "1 of 1 entry of `b.json` is not in `s`, `other`: compute this cell with `prunebench run`, or save another "
            "baseline.",
        ),
    ],
)
def test_an_entry_that_is_not_there_comes_with_the_way_out(found: str, name: str, said: str) -> None:
    assert uncovered({found: WHOLE}, held(**{name: WHOLE}), "s", "b.json") == (said,)


def test_a_model_without_scores_is_sent_to_where_they_are() -> None:
    (note,) = uncovered(
        {"model": dataclasses.replace(WHOLE, quality=None)}, held(model=WHOLE), "m.pth", "b.json"
    )
    assert "give them to the pytest fixture" in note


def test_the_size_of_a_checkpoints_own_file_is_told_where_one_side_lacks_it() -> None:
    model, file = WHOLE, dataclasses.replace(WHOLE, file_bytes=1234)
    assert uncovered({"model": file}, held(model=file), "m.pth", "b.json") == ()
    assert uncovered({"model": model}, held(model=model), "m.pth", "b.json") == ()
    assert uncovered({"model": file}, held(model=model), "m.pth", "b.json") == (
        "`b.json` contains the size of the weights as prunebench writes them, 99 bytes, but not the size of the "
        "checkpoint's own file, which is 1,234 for `m.pth`. To check that size too, save the baseline again.",
    )
    (note,) = uncovered({"model": model}, held(model=file), "m.pth", "b.json")
    assert (
        note
        == "The baseline contains the size of a checkpoint's file, but a model in memory has no file: give the path "
        "of a checkpoint."
    )


def test_a_run_without_timings_is_told_both_ways_out() -> None:
    bare = WHOLE.without(["speed"])
    (note,) = uncovered({"a": bare, "b": bare}, held(a=WHOLE, b=WHOLE), "run", "b.json")
    assert note == (
        "The baseline contains speed, but `run` has no timings: run with `measure.latency=true`, or save the "
        "baseline with `--without speed`."
    )
    assert uncovered({"a": bare, "b": WHOLE}, held(a=WHOLE, b=WHOLE), "run", "b.json") == ()
    assert "timed" not in "".join(uncovered({"a": bare}, held(a=bare), "run", "b.json"))


def test_one_base_model_and_those_trained_anew_are_said() -> None:
    one = dataclasses.replace(WHOLE, quality=Quality("clips", {"base 0, tail 0": (0.5,)}, {"base 0": "aa"}))
    anew = dataclasses.replace(one, quality=dataclasses.replace(one.quality, bases={"base 0": "bb"}))
    assert uncovered({"a": one, "b": WHOLE}, held(a=one, b=WHOLE), "run", "b.json") == (
        "Quality of 1 entry comes from one base model, so the answer is valid for that model only: for a general "
        "answer, run with several `base.seeds`.",
    )
    assert uncovered({"a": anew, "b": WHOLE}, held(a=one, b=WHOLE), "run", "b.json") == (
        "The base models of 1 entry were trained again after the baseline was saved, so the comparison accounts "
        "for the spread between base models.",
    )
