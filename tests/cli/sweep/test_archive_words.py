"""What `prunebench archive` says, and that no run goes on in an archive."""

import json
import shutil
from pathlib import Path

import prunebench.harness.sweep.archive as archive
from prunebench.harness.sweep.archive import Archived

RESULTS = Path(__file__).parents[3] / "examples" / "results"


def test_what_was_archived_is_told_file_by_file(cli, monkeypatch):
    found = Archived(Path("small"), 7, 1, 2, {"config.toml": 1234, "records.jsonl.xz": 5})
    monkeypatch.setattr(archive, "archive_run", lambda run, out: found)
    code, out, _ = cli("archive", "run", "-o", "small")
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert ["config.toml", "1.23", "kB"] in lines
    assert "7 finished cells in small, 1.24 kB" in out.splitlines()
    assert out.splitlines()[-1] == "1 failed and 2 unfinished cells; reports of the archive name them."
    code, out, _ = cli("archive", "run", "-o", "small", "--json")
    told = json.loads(out)
    assert (told["schema_version"], told["cells"], told["bytes"], told["files"]) == (1, 7, 1239, found.sizes)


def test_verbs_read_an_archive_and_a_run_into_it_is_refused(cli, tmp_path):
    shutil.copytree(RESULTS / "quick", tmp_path / "kept")
    assert cli("status", "kept")[1].startswith("53 of 53 cells done, 0 failed, 0 left")
    assert cli("baseline", "save", "kept", "-o", "gate.json")[0] == 0
    assert cli("check", "kept", "--baseline", "gate.json")[0] == 0
    assert json.loads((tmp_path / "gate.json").read_text())["entries"]
    code, _, err = cli("archive", "kept", "-o", "again")
    assert (code, err) == (2, "Error: `kept` is already an archive: copy the folder instead.\n")
    code, _, err = cli("run", "kept/config.toml", "-o", "kept", "--workers", "0")
    assert code == 2
    assert "kept` is an archive, and a run cannot add cells to it: give another folder with -o" in err
