"""A value of another type in any field of any file of a run folder is one short sentence that names the file."""

import dataclasses
import json
import lzma

import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.run.contents import (
    config_table,
    curves_of,
    environment_of,
    measure_rows,
    planned_cells,
    removed_filters,
)
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import Record, load_records
from prunebench.eval.run.shape_line import ShapeTimings, load_shapes
from prunebench.eval.run.targets import read_targets
from prunebench.harness.cells.outcome import Outcome
from prunebench.harness.engine.progress import Progress
from prunebench.harness.engine.progress_file import ProgressFile, read_progress

RECORD = Record(
    cell="c",
    outcome="o",
    data="synth",
    base="b",
    base_weights="w",
    family="data",
    scope="C7-C12",
    criterion="l1",
    error=None,
    target=0.5,
    learning_rate=1e-3,
    short_learning_rate=3e-3,
    prune_seed=0,
    finetune_seed=0,
    control=None,
    network="mn",
    n_classes=3,
    groups=("a", "b"),
    front_end="fft",
    reduction="mean",
    divisor=8,
    device="cuda",
    sparsify="plain",
    sparsify_steps=5,
    sparsify_macs=60,
    widths=(4, 2),
    off_request={"C7": (0.5, 0.4)},
    limits={"macs": (30_000_000, 29_912_448)},
    map_sizes={"C7": (10, 4)},
    ties={"C7": 0.5},
    stages={"fine-tuned": {"test_map": 0.5}},
    measures={"parameters": 12},
    timings={"ms": 1.5},
    unmeasured={"energy": "no meter"},
)
SHAPE = ShapeTimings((4, 2), {"ms": 1.5}, {"threads": 1}, {"energy": "no meter"}, "mn", 3)
OUTCOME = Outcome(
    "o", (4, 2), {"fine-tuned": {"test_map": 0.5}}, {"parameters": 12}, {"s": 1.5}, {"e": "no meter"}
)
WRONG = [5, "text", True, [], {}, [[]], {"a": []}, [None], {"a": None}, [1.5], 10**400, float("inf")]
OPTIONAL = {
    "error",
    "criterion",
    "control",
    "target",
    "learning_rate",
    "short_learning_rate",
    "prune_seed",
    "finetune_seed",
    "removed",
}


def fits(whole, name, value):
    """Whether the value is of the type that the whole has there, by hand."""
    held = whole[name]
    if name in OPTIONAL and value is None:
        return True
    if name == "settings":
        return isinstance(value, dict)
    if name == "groups":  # as many names as widths
        return False
    if name in ("error", "control"):
        return isinstance(value, str)
    if isinstance(held, bool):
        return isinstance(value, bool)
    if isinstance(held, int):
        return type(value) is int and value < 2**62
    if isinstance(held, float):
        return type(value) in (int, float) and abs(value) < 2**62
    if isinstance(held, str):
        return isinstance(value, str) and (name != "status" or value in ("done", "failed"))
    return value == (held.__class__)()  # an empty list or object


def cases(line):
    whole = json.loads(line)
    for name in whole.keys() - {"schema_version"}:
        for value in [*WRONG, None]:
            if not fits(whole, name, value):
                yield name, json.dumps({**whole, name: value})


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("records.jsonl", RECORD.to_json()),
        ("shapes.jsonl", SHAPE.to_json()),
        ("outcomes.jsonl", OUTCOME.to_json()),
    ],
)
def test_every_field_of_every_log(tmp_path, name, line):
    read = {
        "records.jsonl": Record.from_json,
        "shapes.jsonl": ShapeTimings.from_json,
        "outcomes.jsonl": Outcome.from_json,
    }[name]
    read(line)
    found = list(cases(line))
    assert len({field for field, _ in found}) == len(json.loads(line).keys() - {"schema_version"})
    for field, wrong in found:
        with pytest.raises(ValueError) as error:  # noqa: PT011
            read(wrong)
        assert (
            f"`{field}" in str(error.value) or "digits" in str(error.value) or "ratio" in str(error.value)
        ), wrong
        assert len(str(error.value)) < 400


def test_the_line_is_named(tmp_path):
    wrong = json.dumps({**json.loads(RECORD.to_json()), "data": None})
    (tmp_path / "records.jsonl").write_text(f"{RECORD.to_json()}\n{wrong}\n")
    with pytest.raises(
        InputError, match=r"records\.jsonl, line 2: .*`data` should be a valid string.*delete the line"
    ):
        load_records(tmp_path)
    (tmp_path / "shapes.jsonl").write_text("[" * 100_000 + "\n")
    with pytest.raises(InputError, match=r"shapes\.jsonl, line 1: .*nested too deeply"):
        load_shapes(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        '{"outcome": 5, "curve": []}',
        '{"outcome": "o", "curve": [[0]]}',
        '{"outcome": "o", "curve": [[0, "high"]]}',
        '{"outcome": "o", "curve": [[0, 1' + "0" * 400 + "]]}",
        '{"outcome": "o", "curve": {"0": 1}}',
        "[" * 100_000,
        "null",
    ],
    ids=range(7),
)
def test_curves(tmp_path, line):
    (tmp_path / "curves.jsonl").write_text(line + "\n")
    with pytest.raises(InputError, match=r"curves\.jsonl, line 1: "):
        curves_of(RunFiles(tmp_path))


@pytest.mark.parametrize(
    "line",
    [
        '{"outcome": ["o"], "removed": {}}',
        '{"outcome": "o", "removed": []}',
        '{"outcome": "o", "removed": {"C7": 1}}',
    ],
)
def test_removed_filters(tmp_path, line):
    (tmp_path / "removed.jsonl").write_text(line + "\n")
    with pytest.raises(InputError, match=r"removed\.jsonl, line 1: "):
        removed_filters(RunFiles(tmp_path), ["o"])


@pytest.mark.parametrize(
    ("name", "read", "texts"),
    [
        (
            "plan.json",
            planned_cells,
            ['["a", 5]', '{"a": 1}', "null", '[["a"]]', "[" * 100_000, "[1" + "0" * 5000 + "]"],
        ),
        (
            "environment.json",
            environment_of,
            ["[]", '{"torch": 5}', '{"packages": {"torch": 2}}', "{" * 100_000],
        ),
        ("measures.json", measure_rows, ["{}", '[{"name": "a"}]', "[5]", '[{"name": null}]', "[" * 100_000]),
    ],
)
def test_small_files(tmp_path, name, read, texts):
    for text in texts:
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=rf"{name}` must contain .* writes it again") as found:
            read(RunFiles(tmp_path))
        assert len(str(found.value)) < 400


@pytest.mark.parametrize(
    ("name", "read", "text"),
    [
        ("plan.json", planned_cells, "[5]"),
        ("environment.json", environment_of, "[]"),
        ("measures.json", measure_rows, "{}"),
        ("config.toml", config_table, "x = = 1"),
    ],
)
def test_no_run_writes_a_small_file_of_an_archive_again(tmp_path, name, read, text):
    (tmp_path / "records.jsonl.xz").write_bytes(b"")
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=rf"{name}` must .*\. Fetch the archive again\.$"):
        read(RunFiles(tmp_path))


def test_no_run_writes_the_targets_of_an_archive_again(tmp_path):
    (tmp_path / "records.jsonl.xz").write_bytes(b"")
    files = RunFiles(tmp_path)
    files.targets_of("synth").parent.mkdir()
    files.targets_of("synth").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"npz` must be an npz archive .*\. Fetch the archive again\.$"):
        read_targets(files.targets_of("synth"))


@pytest.mark.parametrize("line", ["[1]", "5", "null", '"a"'])
@pytest.mark.parametrize("read", [Record.from_json, ShapeTimings.from_json, Outcome.from_json])
def test_a_line_that_is_no_object_is_said_in_words(read, line):
    with pytest.raises(ValueError, match=r"(it should|must) be an? (JSON )?object"):
        read(line)


def test_no_run_makes_a_record_of_an_archive_again(tmp_path):
    (tmp_path / "records.jsonl.xz").write_bytes(lzma.compress(b"[1]\n"))
    with pytest.raises(
        InputError, match=r"records\.jsonl\.xz, line 1: .* '\[1\]': fetch the archive again\.$"
    ):
        load_records(tmp_path)


def test_a_progress_file_of_another_form_is_none(tmp_path):
    path = tmp_path / "progress.json"
    progress = Progress()
    progress.announce("cells", 2)
    progress.name("a", "cells")
    progress.step("a", 1, 2)
    ProgressFile(path)
    path.write_text(progress.to_json())
    whole = json.loads(progress.to_json())
    assert read_progress(path) is not None
    for name, value in (
        ("host", 5),
        ("process", "1"),
        ("process", -1),
        ("process", 10**12),
        ("started", "now"),
        ("updated", "now"),
        ("updated", 1e300),
        ("seconds_left", "soon"),
        ("seconds_left", 1e300),
        ("last_test_map", "high"),
        ("phases", [1]),
        ("phases", {"cells": 5}),
        ("phases", {"cells": {**whole["phases"]["cells"], "left": "all"}}),
        ("running", {}),
        ("running", [{**whole["running"][0], "share": "half"}]),
    ):
        path.write_text(json.dumps({**whole, name: value}))
        assert read_progress(path) is None, (name, value)
    path.write_text("[" * 100_000)
    assert read_progress(path) is None


def test_every_field_is_tried():
    assert {f.name for f in dataclasses.fields(RECORD)} == json.loads(RECORD.to_json()).keys() - {
        "schema_version"
    }
