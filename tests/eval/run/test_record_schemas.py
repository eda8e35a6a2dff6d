"""Files of every past schema are still read: `tests/schemas` keeps one run of each."""

import json
from pathlib import Path

import pytest

from prunebench.eval import InputError, Record, load_records
from prunebench.eval.logs import parsed_lines
from prunebench.eval.run.shape_line import ShapeTimings, load_shapes
from prunebench.harness.cells.outcome import Outcome

KEPT = Path(__file__).parents[2] / "schemas"
RUNS = sorted(KEPT.glob("run-*"))


def test_every_schema_up_to_this_one_is_kept():
    assert [folder.name for folder in RUNS] == [f"run-{number}" for number in range(1, Record.schema + 1)]


@pytest.mark.parametrize("folder", RUNS, ids=lambda folder: folder.name)
def test_a_run_of_a_past_schema_is_read(folder):
    written = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    assert {line["schema_version"] for line in written} == {int(folder.name.partition("-")[2])}
    records = load_records(folder)
    assert [record.cell for record in records] == [line["cell"] for line in written]
    pruned = next(record for record in records if record.control is None)
    assert 0 < pruned.stages[pruned.last_stage]["test_map"] <= 1
    assert pruned.measures["parameters"] > 0
    assert pruned.timings["latency_backbone_ratio"] > 0
    outcomes = {o.identity for o in parsed_lines(folder / "outcomes.jsonl", Outcome.from_json)}
    assert {record.outcome for record in records} == outcomes


@pytest.mark.parametrize("folder", RUNS, ids=lambda folder: folder.name)
def test_the_shapes_of_a_past_schema_are_read(folder):
    written = [json.loads(line) for line in (folder / "shapes.jsonl").read_text().splitlines()]
    assert {line["schema_version"] for line in written} == {int(folder.name.partition("-")[2])}
    shapes = load_shapes(folder)
    assert [(key.network, list(key.widths)) for key in shapes] == [
        ("cnn14", line["widths"]) for line in written
    ]
    assert [shape.timings for shape in shapes.values()] == [line["timings"] for line in written]
    assert all(ShapeTimings.from_json(shape.to_json()) == shape for shape in shapes.values())


@pytest.mark.parametrize("version", [ShapeTimings.schema + 1, "1", None])
def test_a_shape_of_another_schema_is_refused_with_the_way_out(version, tmp_path):
    record, line = (
        (RUNS[-1] / f"{name}.jsonl").read_text().splitlines()[0] for name in ("records", "shapes")
    )
    (tmp_path / "records.jsonl").write_text(record + "\n")
    (tmp_path / "shapes.jsonl").write_text(json.dumps({**json.loads(line), "schema_version": version}) + "\n")
    with pytest.raises(
        InputError, match=r"shapes.jsonl, line 1: .* use the version of prunebench that wrote it"
    ):
        load_records(tmp_path)


def test_a_record_of_the_future_is_refused_with_the_way_out(tmp_path):
    line = json.loads((RUNS[-1] / "records.jsonl").read_text().splitlines()[0])
    line["schema_version"] = Record.schema + 1
    (tmp_path / "records.jsonl").write_text(json.dumps(line) + "\n")
    with pytest.raises(InputError, match="use the version of prunebench that wrote it"):
        load_records(tmp_path)


@pytest.mark.parametrize("damaged", ["{", "[]", '{"schema_version": 1, "cel": "a"}'])
def test_a_damaged_record_has_a_way_out_that_helps(damaged, tmp_path):
    first, *others = (RUNS[-1] / "records.jsonl").read_text().splitlines()
    file = tmp_path / "records.jsonl"
    file.write_text("\n".join([first, damaged, *others, ""]))
    with pytest.raises(
        InputError, match=r"records.jsonl, line 2: .*: delete the line; the same `prunebench run`"
    ):
        load_records(tmp_path)
    file.write_text("\n".join([first, *others, ""]))
    assert len(load_records(tmp_path)) == len(others) + 1


def test_a_run_folder_of_another_schema_is_refused_before_its_records_are_read(tmp_path):
    (tmp_path / "records.jsonl").write_text("of another kind\n")
    (tmp_path / "environment.json").write_text('{"run_schema_version": 2}')
    with pytest.raises(
        InputError, match=r"must have run_schema_version 1\. Found 2 in .*: use the version of prunebench"
    ):
        load_records(tmp_path)


@pytest.mark.parametrize("environment", ["{}", '{"run_schema_version": 1}', "[]", "{"])
def test_a_run_folder_that_names_no_other_schema_is_read(environment, tmp_path):
    (tmp_path / "records.jsonl").write_text((RUNS[-1] / "records.jsonl").read_text())
    (tmp_path / "environment.json").write_text(environment)
    assert load_records(tmp_path) == [
        Record.from_json(line) for line in (RUNS[-1] / "records.jsonl").read_text().splitlines()
    ]
