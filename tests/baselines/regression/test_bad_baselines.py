"""Every way a baseline file can be bad is refused in a sentence that names the file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prunebench.baselines import load_baseline
from prunebench.eval import InputError

TEXT = Path(__file__).with_name("whole.json").read_text(encoding="utf-8")


def edited(change: Callable[[dict[str, Any]], object]) -> str:
    """The good file with one thing changed."""
    found = json.loads(TEXT)
    change(found)
    return json.dumps(found)


def earlier(found: dict[str, Any], version: int) -> None:
    """The good file as schema 2 or 3 writes it."""
    found["schema_version"] = version
    found["tolerances"]["file_bytes"] = found["tolerances"].pop("file")


def quality(rows: list[list[float]]) -> dict[str, Any]:
    return {"test_clips": "c0ffee", "average_precision": {f"base {i}": row for i, row in enumerate(rows)}}


BAD_SCHEMA = {
    "another schema": edited(lambda f: f.update(schema_version=5)),
    "schema as text": edited(lambda f: f.update(schema_version="4")),
    "schema true": edited(lambda f: f.update(schema_version=True)),
    "schema as float": edited(lambda f: f.update(schema_version=4.0)),
}
NO_SCHEMA = {
    "no schema": edited(lambda f: f.pop("schema_version")),
    "a list": "[]",
    "null": "null",
}
BAD_JSON = {
    "empty": "",
    "truncated": TEXT[: len(TEXT) // 2],
    "conflict": TEXT.replace('      "parameters"', '<<<<<<< HEAD\n      "parameters"'),
    "trailing comma": TEXT.replace("23205839,", "23205839,,"),
    "two objects": TEXT + TEXT,
    "deeply nested": "[" * 100_000,
}
BAD_FIELDS = {
    "no entries": edited(lambda f: f.pop("entries")),
    "empty entries": edited(lambda f: f.update(entries={})),
    "entries a list": edited(lambda f: f.update(entries=[])),
    "no made_with": edited(lambda f: f.pop("made_with")),
    "made_with half": edited(lambda f: f["made_with"].pop("command")),
    "unknown key": edited(lambda f: f.update(tolerance=0.1)),
    "unknown figure": edited(lambda f: f["entries"]["model"].update(latency_ms=3)),
    "figure missing": edited(lambda f: f["entries"]["model"].pop("parameters")),
    "figure as text": edited(lambda f: f["entries"]["model"].update(parameters="23205839")),
    "figure as float": edited(lambda f: f["entries"]["model"].update(parameters=23205839.5)),
    "figure nan": edited(lambda f: f["entries"]["model"].update(parameters=float("nan"))),
    "figure true": edited(lambda f: f["entries"]["model"].update(parameters=True)),
    "figure null": edited(lambda f: f["entries"]["model"].update(parameters=None)),
    "figure zero": edited(lambda f: f["entries"]["model"].update(macs_backbone=0)),
    "figure negative": edited(lambda f: f["entries"]["model"].update(macs_backbone=-1)),
    "eleven widths": edited(lambda f: f["entries"]["model"]["widths"].pop()),
    "a field of schema 2 in schema 1": edited(lambda f: f.update(schema_version=1)),
    "a field of schema 3 in schema 2": edited(
        lambda f: (
            earlier(f, 2),
            f["entries"]["model"].update(quality={**quality([[0.5]]), "bases": {"base 0": "aa"}}),
        )
    ),
    "a field of schema 4 in schema 3": edited(
        lambda f: (earlier(f, 3), f["entries"]["model"].update(n_classes=10))
    ),
    "a tolerance of schema 4 in schema 3": edited(lambda f: f.update(schema_version=3)),
    "a tolerance that is gone in schema 3": edited(lambda f: (earlier(f, 3), f["tolerances"].pop("speed"))),
    "a size of schema 3 in schema 4": edited(lambda f: f["entries"]["model"].update(checkpoint_bytes=9)),
    "no classes at all": edited(lambda f: f["entries"]["model"].update(n_classes=0)),
    "half a front end": edited(lambda f: f["entries"]["model"].update(front_end={"sample_rate": 32000})),
    "spread without its degrees of freedom": edited(
        lambda f: f["entries"]["model"].update(quality={**quality([[0.5]]), "spread": {"variance": 1e-4}})
    ),
    "negative spread": edited(
        lambda f: f["entries"]["model"].update(
            quality={**quality([[0.5]]), "spread": {"variance": -1e-4, "freedom": 5}}
        )
    ),
    "tolerance without reason": edited(lambda f: f["tolerances"]["speed"].pop("reason")),
    "tolerance with no reason": edited(lambda f: f["tolerances"]["speed"].update(reason="")),
    "tolerance with a blank reason": edited(lambda f: f["tolerances"]["speed"].update(reason=" \t")),
    "margin with a blank reason": edited(lambda f: f["tolerances"]["quality"].update(reason=" ")),
    "no tolerances": edited(lambda f: f.pop("tolerances")),
    "no tolerance of the file": edited(lambda f: f["tolerances"].pop("file")),
    "no margin": edited(lambda f: f["tolerances"].pop("quality")),
    "no tolerance of speed": edited(lambda f: f["tolerances"].pop("speed")),
    "tolerance of everything": edited(lambda f: f["tolerances"]["file"].update(relative=1.5)),
    "margin negative": edited(lambda f: f["tolerances"]["quality"].update(map=-0.1)),
    "margin nan": edited(lambda f: f["tolerances"]["quality"].update(map=float("nan"))),
    "unknown tolerance": edited(lambda f: f["tolerances"].update(parameters=0.1)),
    "precision above 1": edited(lambda f: f["entries"]["model"].update(quality=quality([[1.5]]))),
    "ragged classes": edited(lambda f: f["entries"]["model"].update(quality=quality([[0.5], [0.5, 0.5]]))),
    "no cells": edited(lambda f: f["entries"]["model"].update(quality=quality([]))),
    "absolute time": edited(lambda f: f["entries"]["model"].update(speed={"latency_ms": 3})),
    "thirteen widths": edited(lambda f: f["entries"]["model"]["widths"].append(1)),
    "widths as text": edited(lambda f: f["entries"]["model"].update(widths="64")),
}
REPEATED = {
    "figure twice": TEXT.replace('"parameters": 23205839', '"parameters": 9, "parameters": 23205839'),
    "entry twice": TEXT.replace('"entries": {', '"entries": {"model": {},'),
}


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_baseline(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert message.endswith(".")
    return message


SAID = {
    "must have a schema_version from 1 to 4. Found": BAD_SCHEMA,
    "must be complete JSON": BAD_JSON,
    "must have the fields of schema ": BAD_FIELDS,
    "must contain each key once": REPEATED,
    "is not a baseline, because it has no `schema_version`": NO_SCHEMA,
}
CASES = [pytest.param(text, said, id=name) for said, bad in SAID.items() for name, text in bad.items()]


@pytest.mark.parametrize(("text", "said"), CASES)
def test_bad_files_are_refused_with_the_way_out(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "b.json").write_text(text)
    message = refusal(tmp_path / "b.json")
    assert said in message
    assert (
        "that `prunebench baseline save` wrote" if text in NO_SCHEMA.values() else "save the baseline again"
    ) in message


def test_the_wrong_field_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(BAD_FIELDS["figure as text"])
    assert "`entries.model.parameters`: input should be a valid integer, found '23205839'" in refusal(
        tmp_path / "b.json"
    )


def test_a_tolerance_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(BAD_FIELDS["no margin"])
    assert "`tolerances.quality`: field required: restore the file" in refusal(tmp_path / "b.json")
    (tmp_path / "b.json").write_text(BAD_FIELDS["margin with a blank reason"])
    assert "a reason must not be blank, found ' '" in refusal(tmp_path / "b.json")


def test_depth_and_long_numbers_are_told_of_the_file_and_not_of_python(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text("[" * 100_000)
    assert "it is nested too deeply: restore the file" in refusal(tmp_path / "b.json")
    (tmp_path / "b.json").write_text("9" * 5000)
    assert "it contains a whole number with too many digits: restore the file" in refusal(tmp_path / "b.json")


@pytest.mark.parametrize("cut", range(0, len(TEXT) - 2, 67))
def test_no_truncation_passes(tmp_path: Path, cut: int) -> None:
    (tmp_path / "b.json").write_text(TEXT[:cut])
    assert "must be complete JSON" in refusal(tmp_path / "b.json")


def test_absent_unreadable_and_binary_files_are_refused(tmp_path: Path) -> None:
    assert "prunebench baseline save" in refusal(tmp_path / "none.json")
    assert "is a folder, but a file is needed" in refusal(tmp_path)
    (tmp_path / "model.pth").write_bytes(b"PK\x03\x04\xff\xfe")
    assert "not UTF-8" in refusal(tmp_path / "model.pth")
