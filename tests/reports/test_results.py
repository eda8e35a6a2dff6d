"""Every archived run under `examples/results` is read, and reported without a missing interval."""

import lzma
from pathlib import Path

import pytest

from prunebench.eval.run.archived import is_archive
from prunebench.eval.run.contents import config_table, curves_of, measure_rows, planned_cells, removed_filters
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import load_records
from prunebench.eval.run.shape_line import load_shapes
from prunebench.harness.config.config import load_config
from prunebench.reports import write_report

RESULTS = Path(__file__).parents[2] / "examples" / "results"
ARCHIVES = sorted(path.parent for path in RESULTS.glob("*/environment.json"))


def test_there_is_one():
    assert "quick" in {folder.name for folder in ARCHIVES}


@pytest.mark.parametrize("folder", ARCHIVES, ids=lambda folder: folder.name)
def test_an_archived_run_is_read_and_reported(folder, tmp_path):
    assert is_archive(folder)
    files = RunFiles(folder)
    records = load_records(folder)
    done = [record for record in records if record.status == "done"]
    assert {record.cell for record in records} <= set(planned_cells(files))
    assert config_table(files)["name"] == load_config(str(files.config)).name
    assert measure_rows(files)
    load_shapes(folder)
    curves_of(files)
    assert removed_filters(files, {record.outcome for record in done})
    report = write_report([folder], tmp_path, tables_only=True)
    assert report.rows
    assert not any("no per-clip test scores" in sentence for sentence in report.missing)
    assert report.scores.clips(done[0].data) is not None
    assert all(report.scores.precision(record) is not None for record in done)


@pytest.mark.parametrize("folder", ARCHIVES, ids=lambda folder: folder.name)
def test_an_archived_run_names_no_place_of_a_machine(folder):
    for path in (path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        text = lzma.decompress(content) if path.suffix == ".xz" else content
        assert not any(place in text for place in (b"/home/", b"/root/", b"/tmp/", b"/work/", b"C:\\")), path
