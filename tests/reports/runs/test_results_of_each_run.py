"""Runs that have cells of one identity: each cell is reported with the files of its own run."""

import dataclasses
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from prunebench.reports import make_report, write_report
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.runs.loaded_run import each_once, read_run
from prunebench.reports.tables.sensitivity_table import sensitivity_table

GRID = {
    "criteria": {"l1": 0.4, "l2": 0.6, "random": 0.9},
    "ratios": (0.25, 0.5, 0.75),
    "bases": (0, 1),
    "seeds": (0,),
}
STEPS = {"quick": 5, "again": 7}  # of the fine-tuning of each run


@pytest.fixture(scope="module")
def two(new_maker, tmp_path_factory):
    """A run, and one of the same cells on base models of other weights, with other results; tests only read them."""
    tmp_path = tmp_path_factory.mktemp("two")
    (tmp_path / "run").mkdir()
    maker = new_maker(tmp_path / "run").config().grid(**GRID, latency=False)
    for scope in ("C7", "C8"):
        how = {"scope": scope, "criterion": "l1", "ratio": 0.5}
        maker.cell(signal=1.4, noise=7, **how)
    maker.curves().write()
    lost = {r.outcome: {"C7": list(range(5 + r.base_seed))} for r in maker.records if r.criterion}
    _write_removed(maker.folder, lost)
    other = type(maker)(tmp_path / "other", records=[])
    shutil.copytree(maker.folder, other.folder)
    other.config(name="again")
    for name, folder in (("quick", maker.folder), ("again", other.folder)):
        text = f'name = "{name}"\nclaim = false\n[finetune]\nsteps = {STEPS[name]}\nbatch = 2\n'
        (folder / "config.toml").write_text(text)
    for path in (other.folder / "scores").glob("*.npz"):
        scores = np.load(path)["test"]
        np.savez_compressed(path, test=scores[::-1])
    other.records = [
        dataclasses.replace(
            r,
            base_weights=f"other {r.base_seed}",
            stages={stage: {**found, "test_map": found["test_map"] / 2} for stage, found in r.stages.items()},
        )
        for r in maker.records
    ]
    maker.records = [dataclasses.replace(r, base_weights=f"{r.base_seed}") for r in maker.records]
    curves = [json.loads(line) for line in (other.folder / "curves.jsonl").read_text().splitlines()]
    (other.folder / "curves.jsonl").write_text(
        "".join(
            json.dumps({**c, "curve": [[step, value / 2] for step, value in c["curve"]]}) + "\n"
            for c in curves
        )
    )
    _write_removed(
        other.folder,
        {o: {"C7": list(range(i % 3, 5 + i % 3))} for i, o in enumerate(lost)},
    )
    return maker.write(), other.write()


def _write_removed(folder, removed):
    lines = (json.dumps({"outcome": outcome, "removed": lost}) for outcome, lost in removed.items())
    (folder / "removed.jsonl").write_text("".join(f"{line}\n" for line in lines))


def _without_run(value):
    """The text of a value, without the name of the run."""
    return re.sub(r"run='\w*'", "", re.sub(r"\bnan\b", "None", repr(value)))


@pytest.fixture(scope="module")
def reports(two):
    """Of both runs together, and of each alone."""
    return [make_report(folders, methods=True) for folders in (two, two[:1], two[1:])]


@pytest.mark.parametrize(
    "what",
    ["rows", "rankings", "hypervolumes", "detectable", "sensitivity", "overlaps", "methods"],
)
@pytest.mark.parametrize(("place", "name"), [(0, "quick"), (1, "again")])
def test_each_run_is_reported_as_if_it_was_alone(reports, what, place, name):
    both, alone = reports[0], reports[1 + place]

    def told(report):
        found = getattr(report, what, None) or getattr(report.findings, what)
        every = [v for values in found.values() for v in values] if isinstance(found, dict) else found
        return [value for value in every if _run_of(value) in ("", name)]

    assert told(alone)
    assert [_without_run(value) for value in told(both)] == [_without_run(value) for value in told(alone)]


def _run_of(value):
    return value.run if hasattr(value, "run") else value.panel.run


def test_class_changes_are_those_of_each_run(reports):
    both, *alone = ([(p.run, c) for p, c in report.findings.class_changes.items()] for report in reports)
    for name, ((_, own),) in zip(("quick", "again"), alone, strict=True):
        (found,) = [changes for run, changes in both if run == name]
        assert own
        for mine, theirs in zip(found, own, strict=True):
            assert np.array_equal(mine.change, theirs.change)
            assert np.array_equal(mine.unpruned, theirs.unpruned)


def test_curves_of_one_outcome_are_those_of_each_run(two, reports):
    curves = reports[0].findings.curves
    outcomes = {outcome for _, outcome in curves}
    assert len(curves) == 2 * len(outcomes)
    for outcome in outcomes:
        first, second = (np.array(curves[folder, outcome]) for folder in two)
        assert second[:, 1] == pytest.approx(first[:, 1] / 2)


def test_the_page_lists_the_cells_of_each_run(two, tmp_path):
    report = write_report(two, tmp_path / "out", formats=[])
    data = json.loads(re.search(r'id="data"[^>]*>(\{.*?\})</script>', report.page.read_text(), re.DOTALL)[1])
    for name, folder in zip(("quick", "again"), two, strict=True):
        own = {cell["id"]: cell["map"] for cell in data["cells"] if cell["run"] == name}
        records = read_run(folder).records
        assert own == {r.cell: pytest.approx(r.stages[r.last_stage]["test_map"], rel=1e-5) for r in records}
    assert "run" in sensitivity_table(report.findings.sensitivity).columns


@pytest.fixture
def copies(two, tmp_path):
    """Copies of both, that a test may change."""
    found = tuple(tmp_path / folder.name for folder in two)
    for folder, copy in zip(two, found, strict=True):
        shutil.copytree(folder, copy)
    return found


def test_cells_without_scores_are_counted_in_each_run(copies):
    shutil.rmtree(copies[1] / "scores")
    report = make_report(copies)
    (said,) = [s for s in report.missing if "no per-clip test scores" in s]
    number, every = map(int, re.match(r"(\d+) of (\d+) cells", said).groups())
    assert every == 2 * number


def test_a_failed_cell_of_one_run_is_said_though_the_other_finished_it(copies):
    folder = copies[1]
    records = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    place = next(i for i, r in enumerate(records) if r.get("criterion") == "l1")
    records[place] |= {"status": "failed", "error": "it was unlucky", "stages": {}, "measures": {}}
    (folder / "records.jsonl").write_text("".join(f"{json.dumps(r)}\n" for r in records))
    assert [r.cell for r in make_report(copies).failed] == [records[place]["cell"]]


def test_joined_runs_take_a_cell_and_its_files_from_the_first_that_finished_it(maker, tmp_path):
    """Frozen bases on two processors: equal base weights, results that differ a little."""
    maker.grid(**GRID, latency=False).curves().write()
    lost = {r.outcome: {"C7": [0, 1]} for r in maker.records if r.criterion}
    _write_removed(maker.folder, lost)
    other = Path(tmp_path / "other")
    shutil.copytree(maker.folder, other)
    second = type(maker)(other, records=list(maker.records))
    for place, record in enumerate(maker.records):
        low = {
            stage: {**found, "test_map": 0.9 * found["test_map"]} for stage, found in record.stages.items()
        }
        second.records[place] = dataclasses.replace(record, stages=low)
    failed = next(i for i, r in enumerate(maker.records) if r.criterion == "l1")
    first = maker.records[failed]
    maker.records[failed] = dataclasses.replace(first, status="failed", error="?", stages={}, measures={})
    maker.write()
    second.write()
    for path in (other / "scores").glob("*.npz"):
        np.savez_compressed(path, test=np.load(path)["test"][::-1])
    report = make_report([maker.folder, other])
    assert {row.panel.run for row in report.rows} == {""}
    kept = {r.cell: r for r in each_once(report.runs)}
    for mine, theirs in zip(maker.records, second.records, strict=True):
        expected, folder = (theirs, other) if mine.cell == first.cell else (mine, maker.folder)
        found = kept[mine.cell]
        assert found.stages == expected.stages
        row = ClipScores([folder]).row(found)
        assert row is not None
        assert np.array_equal(report.scores.row(found), row)
    lines = {r.cell: r for p in report.points for r in p.records}
    assert all(lines[cell].stages == kept[cell].stages for cell in lines)
