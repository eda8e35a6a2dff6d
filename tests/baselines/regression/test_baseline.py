"""The baseline file: bytes, round trip, atomicity and every way a file can be bad."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prunebench.baselines import (
    COSTS,
    Baseline,
    Figures,
    MadeWith,
    committed_baselines,
    committed_path,
    load_baseline,
    save_baseline,
)
from prunebench.eval import InputError

MADE_WITH = MadeWith("0.1.0", "prunebench baseline save cnn14.pth -o baseline.json")
FIGURES = Figures(
    widths=(64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 1024, 1024),
    parameters=23_205_839,
    parameter_bytes=92_823_356,
    macs_backbone=12_414_600_000,
    macs_with_frontend=13_466_600_000,
)
TEXT = """\
{
  "classes": {},
  "entries": {
    "model": {
      "macs_backbone": 12414600000,
      "macs_with_frontend": 13466600000,
      "parameter_bytes": 92823356,
      "parameters": 23205839,
      "widths": [64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 1024, 1024]
    }
  },
  "made_with": {
    "command": "prunebench baseline save cnn14.pth -o baseline.json",
    "prunebench": "0.1.0"
  },
  "schema_version": 4,
  "tolerances": {
    "file": {
      "reason": "names and padding in the file depend on the version of torch",
      "relative": 0.02
    },
    "quality": {
      "level": 0.05,
      "map": 0.02,
      "reason": "about the smallest difference that the quick preset detects"
    },
    "speed": {
      "reason": "ratios of one run repeat to a few per cent on a shared machine",
      "relative": 0.1
    }
  }
}
"""
count = st.integers(1, 2**53)
figures = st.builds(
    Figures,
    widths=st.lists(st.integers(1, 4096), min_size=12, max_size=12).map(tuple),
    **dict.fromkeys(COSTS, count),
)


def test_the_file_is_this_to_the_byte(tmp_path: Path) -> None:
    save_baseline({"model": FIGURES}, tmp_path / "b.json", MADE_WITH)
    assert (tmp_path / "b.json").read_bytes() == TEXT.encode()


# No surrogates: neither JSON nor a file's text can hold one.
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(entries=st.dictionaries(names, figures, min_size=1, max_size=4), command=names)
def test_round_trip(entries: dict[str, Figures], command: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_round_trip(entries, command, Path(folder) / "b.json")


def assert_round_trip(entries: dict[str, Figures], command: str, path: Path) -> None:
    save_baseline(entries, path, MadeWith("0.1.0", command))
    found = load_baseline(path)
    assert found == Baseline(made_with=MadeWith("0.1.0", command), entries=entries)
    written = path.read_bytes()
    save_baseline(dict(reversed(entries.items())), path, found.made_with)
    assert path.read_bytes() == written, "the order of entries must not change the file"


def test_a_command_that_looks_like_a_list_stays_as_it_is(tmp_path: Path) -> None:
    made_with = MadeWith("0.1.0", "run --set prune.ratios=[\n 0,\n 1 ]")
    save_baseline({"model": FIGURES}, tmp_path / "b.json", made_with)
    assert load_baseline(tmp_path / "b.json").made_with == made_with


def test_missing_folders_are_made(tmp_path: Path) -> None:
    save_baseline({"model": FIGURES}, tmp_path / "cnn14" / "l1-50.json", MADE_WITH)
    assert committed_baselines(tmp_path) == {"cnn14/l1-50": tmp_path / "cnn14" / "l1-50.json"}


def test_committed_files_are_named_by_criterion_and_percent() -> None:
    path = committed_path("l1", 50)
    assert path.parts[-3:] == ("baselines", "cnn14", "l1-50.json")
    assert committed_baselines().get("cnn14/l1-50", path) == path


def test_nothing_to_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must hold an entry"):
        save_baseline({}, tmp_path / "b.json", MADE_WITH)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, said in (
        (tmp_path, "is a folder, but a file is to be written"),
        (tmp_path / "file" / "b.json", "cannot be written"),
    ):
        with pytest.raises(InputError, match=said):
            save_baseline({"model": FIGURES}, path, MADE_WITH)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("step", [(os, "fsync"), (Path, "replace")], ids=["fsync", "replace"])
def test_a_failure_before_the_end_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
) -> None:
    path = tmp_path / "b.json"
    path.write_text(TEXT)

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*step, fail)
    with pytest.raises(InputError, match="No space left on device"):
        save_baseline({"other": FIGURES}, path, MADE_WITH)
    assert path.read_text() == TEXT
    assert [p.name for p in tmp_path.iterdir()] == ["b.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_kill_before_the_end_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text(TEXT)
    code = (
        "import os, signal, sys\n"
        "from prunebench.baselines import load_baseline, save_baseline\n"
        "held = load_baseline(sys.argv[1])\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "save_baseline({'other': held.entries['model']}, sys.argv[1], held.made_with)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == TEXT


def test_the_bytes_are_on_disk_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "b.json"
    seen: list[tuple[int, bool]] = []
    real = os.fsync

    def watched(handle: int) -> None:
        real(handle)
        seen.append((os.fstat(handle).st_size, path.exists()))

    monkeypatch.setattr(os, "fsync", watched)
    save_baseline({"model": FIGURES}, path, MADE_WITH)
    assert seen[0] == (len(TEXT.encode()), False)


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
    "must be whole JSON": BAD_JSON,
    "must have the fields of schema ": BAD_FIELDS,
    "must name a key once": REPEATED,
}
CASES = [pytest.param(text, said, id=name) for said, bad in SAID.items() for name, text in bad.items()]


@pytest.mark.parametrize(("text", "said"), CASES)
def test_bad_files_are_refused_with_the_way_out(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "b.json").write_text(text)
    message = refusal(tmp_path / "b.json")
    assert said in message
    assert "save it again" in message


def test_the_wrong_field_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(BAD_FIELDS["figure as text"])
    assert "`entries.model.parameters`: input should be a valid integer, found '23205839'" in refusal(
        tmp_path / "b.json"
    )


def test_a_tolerance_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(BAD_FIELDS["no margin"])
    assert "`tolerances.quality`: field required: restore it" in refusal(tmp_path / "b.json")
    (tmp_path / "b.json").write_text(BAD_FIELDS["margin with a blank reason"])
    assert "a reason must not be blank, found ' '" in refusal(tmp_path / "b.json")


def test_depth_and_long_numbers_are_told_of_the_file_and_not_of_python(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text("[" * 100_000)
    assert "it is nested too deeply: restore it" in refusal(tmp_path / "b.json")
    (tmp_path / "b.json").write_text("9" * 5000)
    assert "it contains a whole number with too many digits: restore it" in refusal(tmp_path / "b.json")


@pytest.mark.parametrize("cut", range(0, len(TEXT) - 2, 67))
def test_no_truncation_passes(tmp_path: Path, cut: int) -> None:
    (tmp_path / "b.json").write_text(TEXT[:cut])
    assert "must be whole JSON" in refusal(tmp_path / "b.json")


def test_absent_unreadable_and_binary_files_are_refused(tmp_path: Path) -> None:
    assert "prunebench baseline save" in refusal(tmp_path / "none.json")
    assert "is a folder, but a file is to be read" in refusal(tmp_path)
    (tmp_path / "model.pth").write_bytes(b"PK\x03\x04\xff\xfe")
    assert "not UTF-8" in refusal(tmp_path / "model.pth")


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert load_baseline(tmp_path / "b.json").entries == {"model": FIGURES}
