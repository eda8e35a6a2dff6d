"""An archive is reported, held against a baseline and merged as the run that it was made from, and runs nothing."""

import dataclasses
import json
import lzma
import shutil
from pathlib import Path

import numpy as np
import pytest

from prunebench.baselines import RunQuality, entries_of_run
from prunebench.eval.errors import InputError
from prunebench.eval.run.archived import is_archive
from prunebench.eval.run.contents import removed_filters
from prunebench.eval.run.latency_table import LatencyTable, LatencyTables, LayerLatencies
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import load_records
from prunebench.harness.sweep.archive import archive_run
from prunebench.harness.sweep.merge import merge_runs
from prunebench.harness.sweep.runfolder import RunFolder
from prunebench.reports import write_report
from prunebench.reports.statistics.recovery import read_curves

FEW = {"l1": 0.3, "operator_norm": 0.8, "random": 0.9}
PLACE = "/somebody's own/place"


@pytest.fixture(scope="module")
def run(new_maker, tmp_path_factory):
    """Six base models and two lengths; scores, curves, removed filters, a cell that failed, paths of a machine."""
    folder = tmp_path_factory.mktemp("full") / "run"
    folder.mkdir()
    maker = new_maker(folder, clips=60).config(name="full", data={"root": f"{PLACE}/sounds"})
    (folder / "config.toml").write_text(
        f'name = "full"\nclaim = true\n[data]\nname = "synth"\nroot = "{PLACE}/sounds"\n'
        f'[prune]\nfiles = ["{PLACE}/mine.py"]\n[finetune]\nsteps = 60\n'
    )
    maker.grid(criteria=FEW, bases=tuple(range(6)), seeds=(0,), ratios=(0.25, 0.5))
    maker.two_lengths().quantised().curves()
    criterion = {"criterion": "l1", "ratio": 0.75, "data": "synth", "base_seed": 0}
    maker.fail(cell="f", error=f"OSError: {PLACE}/x.wav is torn", **criterion)
    why = {"energy_joules": f"no counters under {folder}/x"}
    maker.records = [dataclasses.replace(r, unmeasured=why) for r in maker.records]
    lost = [
        {"outcome": r.outcome, "removed": {"C7": list(range(i % 5, 32, 3)), "C8": [1, 2]}}
        for i, r in enumerate(maker.records)
        if r.criterion and r.outcome
    ]
    (folder / "removed.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lost))
    (folder / "plan.json").write_text(json.dumps([*(r.cell for r in maker.records), "left"]))
    (folder / "failures.log").write_text(f"f\nTraceback in {PLACE}\n")
    (folder / "models").mkdir()
    (folder / "models" / "w.pth").write_bytes(b"weights")
    (folder / "pruners").mkdir()
    (folder / "pruners" / "mine-12345678.py").write_text("raise SystemExit('ran')\n")
    (folder / "skipped.csv").write_text(f"data,clip,reason\nsynth,a.wav,{PLACE}/a.wav is empty\n")
    return maker.write()


@pytest.fixture(scope="module")
def archive(run, tmp_path_factory):
    """The archive of the run; tests only read it."""
    return archive_run(run, tmp_path_factory.mktemp("archived") / "archive").folder


def tables(report):
    """File → text of every table, and the summary without what names files."""
    return {
        path.name: path.read_bytes()
        for path in report.files
        if path.suffix in (".csv", ".md", ".tex", ".json")
    }


def with_name_alone(files, path):
    """The tables in which a path, of which an archive keeps the name alone, has its name alone."""
    return {name: table.replace(path.encode(), Path(path).name.encode()) for name, table in files.items()}


def test_the_report_of_an_archive_has_the_tables_and_sentences_of_the_run(run, archive, tmp_path):
    of_run, of_archive = (
        write_report([folder], tmp_path / folder.name, tables_only=True) for folder in (run, archive)
    )
    expected = with_name_alone(with_name_alone(tables(of_run), f"{run}/x"), f"{PLACE}/x.wav")
    assert {
        "summary.json",
        "summary.csv",
        "by_ratio.md",
        "class_changes.csv",
        "quantised.csv",
    } <= expected.keys()
    assert all(row.low < row.high for row in of_archive.findings.quantised if row.bases > 1)
    assert tables(of_archive) == expected
    assert of_archive.sentences == of_run.sentences
    assert of_archive.convergence == of_run.convergence
    assert len(of_run.missing) == len(of_archive.missing) > 1


def test_curves_and_removed_filters_of_an_archive_are_those_of_its_run(run, archive):
    curves = {outcome: curve for (_, outcome), curve in read_curves([run]).items()}
    assert len(curves) > 20
    assert read_curves([archive]) == {(archive, outcome): curve for outcome, curve in curves.items()}
    outcomes = {record.outcome for record in load_records(run)}
    removed = removed_filters(RunFiles(run), outcomes)
    assert len(removed) > 20
    assert removed_filters(RunFiles(archive), outcomes) == removed


def test_a_run_of_someone_else_is_set_beside_an_archive(run, archive, new_maker, tmp_path):
    (tmp_path / "mine").mkdir()
    maker = new_maker(tmp_path / "mine", clips=60).config(name="mine")
    maker.grid(criteria={"l1": 0.9, "random": 0.9}, bases=(0, 1), seeds=(0,), ratios=(0.5,), latency=False)
    mine = maker.two_lengths().write()
    beside = [
        write_report([mine, other], tmp_path / f"beside-{other.name}", tables_only=True)
        for other in (run, archive)
    ]
    assert beside[0].compared
    assert beside[1].compared == beside[0].compared
    assert any(np.isfinite(c.low) for c in beside[1].compared)


def test_a_baseline_of_an_archive_is_that_of_its_run(run, archive):
    of_run, of_archive = (
        entries_of_run(load_records(folder), RunQuality(folder)) for folder in (run, archive)
    )
    assert of_archive == of_run
    assert any(figures.quality for figures in of_run.values())


def test_the_same_run_gives_the_same_bytes(run, archive, tmp_path):
    found = archive_run(run, tmp_path / "again")
    names = sorted(path.relative_to(archive).as_posix() for path in archive.rglob("*") if path.is_file())
    assert list(found.sizes) == names
    for name in names:
        assert (found.folder / name).read_bytes() == (archive / name).read_bytes(), name
        assert found.sizes[name] == (archive / name).stat().st_size
    assert (found.failed, found.left) == (1, 1)
    assert found.cells == len(load_records(run)) - 1


def test_an_archive_holds_neither_paths_of_the_machine_nor_what_only_a_run_needs(run, archive):
    names = {path.relative_to(archive).as_posix() for path in archive.rglob("*") if path.is_file()}
    assert names == {
        "clips/synth.npz",
        "config.toml",
        "curves.jsonl.xz",
        "environment.json",
        "plan.json",
        "pruners/mine-12345678.py",
        "records.jsonl.xz",
        "removed.jsonl.xz",
        "shapes.jsonl.xz",
        "skipped.csv",
        "targets/synth.npz",
    }
    for path in archive.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            content = lzma.decompress(content) if path.suffix == ".xz" else content
            for place in ("somebody", "own/place", str(run), str(run.parent), str(Path.home())):
                assert place.encode() not in content, path
    config = (archive / "config.toml").read_text()
    assert 'root = "sounds"' in config
    assert '"mine.py"' in config


def test_no_run_goes_on_in_an_archive(archive, tmp_path):
    copy = Path(shutil.copytree(archive, tmp_path / "copy"))
    before = sorted(copy.rglob("*"))
    assert is_archive(copy)
    with pytest.raises(InputError, match="is an archive, and a run cannot add cells to it"), RunFolder(copy):
        pass
    assert sorted(copy.rglob("*")) == before


def test_what_cannot_be_archived_is_refused_and_nothing_is_written(run, archive, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    for source, out, said in (
        (archive, "new", "is already an archive"),
        (run, "full", "already exists, but this command needs a new folder"),
        (tmp_path / "none", "new", "There is no folder"),
        (tmp_path / "full", "new", "is not a run folder"),
    ):
        with pytest.raises(InputError, match=said):
            archive_run(source, tmp_path / out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]
    copy = Path(shutil.copytree(run, tmp_path / "copy"))
    np.savez(next((copy / "scores").glob("*.npz")), resampled_map=np.zeros(9))
    with pytest.raises(InputError, match="contains neither test scores nor influences"):
        archive_run(copy, tmp_path / "new")
    with RunFolder(run), pytest.raises(InputError, match="Another process is at work in the run folder"):
        archive_run(run, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "full"]


def test_an_archive_of_another_schema_is_refused(archive, tmp_path):
    copy = Path(shutil.copytree(archive, tmp_path / "copy"))
    environment = json.loads((copy / "environment.json").read_text())
    (copy / "environment.json").write_text(json.dumps({**environment, "archive_schema_version": 2}))
    with pytest.raises(
        InputError, match=r"An archive must have archive_schema_version 1\. Found 2 in .*: use the"
    ):
        load_records(copy)


def test_archives_are_merged_to_an_archive_and_never_with_run_folders(new_maker, tmp_path):
    runs = []
    for number in (0, 1):
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        maker = new_maker(folder, clips=40).config(base={})
        (folder / "config.toml").write_text(f'name = "part"\n[base]\nseeds = [0, {number}]\n')
        maker.grid(criteria=FEW, bases=(0, number), seeds=(0,), ratios=(0.5,), latency=False)
        runs.append(maker.write())
        (folder / "plan.json").write_text(json.dumps([r.cell for r in maker.records]))
    archives = [archive_run(run, tmp_path / f"archive-{n}").folder for n, run in enumerate(runs)]
    with pytest.raises(InputError, match="Archives can be merged only with other archives"):
        merge_runs([runs[0], archives[1]], tmp_path / "both")
    assert not (tmp_path / "both").exists()
    whole = archive_run(merge_runs(runs, tmp_path / "both").folder, tmp_path / "whole").folder
    merged = merge_runs(archives, tmp_path / "merged").folder
    assert is_archive(merged)
    one, other = (
        write_report([each], tmp_path / f"of-{each.name}", tables_only=True) for each in (whole, merged)
    )
    assert tables(one) == tables(other)
    assert any(row.difference_low < row.difference_high for row in one.rows)


def test_a_torn_archive_is_refused_with_the_way_out(archive, tmp_path):
    copy = Path(shutil.copytree(archive, tmp_path / "copy"))
    log = copy / "records.jsonl.xz"
    log.write_bytes(log.read_bytes()[:-40])
    with pytest.raises(InputError, match="is incomplete: fetch the archive again"):
        load_records(copy)


def test_an_archive_keeps_the_table_of_latencies_that_its_cells_rest_on(run, tmp_path):
    copy = Path(shutil.copytree(run, tmp_path / "copy"))
    layers = LayerLatencies("conv", ((8, ((0, 1),)),), ((1, 4), (1, 8)), (0.5, 1.0), (1.0, 2.0))
    subject = {"network": "cnn14", "widths": [8], "n_classes": 2}
    tables = LatencyTables.with_tables([LatencyTable(subject, 4.0, (layers,))])
    RunFiles(copy).latencies.write_text(tables.to_json())
    archived = RunFiles(archive_run(copy, tmp_path / "new").folder).latencies
    assert LatencyTables.from_json(archived.read_text(), "archive") == tables
    RunFiles(copy).latencies.write_text("{")
    with pytest.raises(InputError, match="is not a table of latencies as prunebench writes it"):
        archive_run(copy, tmp_path / "other")
    assert not (tmp_path / "other").exists()
