"""An archive that holds what it says passes; what is not here is named, and code that it names is never run."""

import re
from pathlib import Path

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.sweep.archive import archive_run
from prunebench.harness.sweep.merge import merge_runs
from prunebench.harness.verification.archive_contents import read_contents
from prunebench.harness.verification.checked import Answer
from prunebench.harness.verification.verify import verify_archive
from prunebench.reports import write_report

QUICK = Path(__file__).parents[3] / "examples" / "results" / "quick"


def test_an_archive_that_holds_what_it_says_repeats_to_the_last_bit(tiny, installed):
    found = verify_archive(tiny[1], sample=1, seed=3)
    assert {(f.check, f.verdict) for f in found.findings} == {
        (check, Answer.HOLDS)
        for check in (
            "files",
            "environment",
            "scores",
            "curves",
            "filters",
            "identities",
            "cells",
            "costs",
            "sample",
        )
    }
    (cell,) = found.sample
    assert (cell.exact, cell.difference, cell.error) == (True, 0.0, "")
    assert found.findings[-1].said == "1 of 5 cells repeats to the last bit."
    told = found.to_json()
    assert (told["verdict"], told["exit_code"], told["sample"][0]["repeats"]) == ("holds", 0, True)


def test_a_run_folder_is_checked_before_it_is_archived(tiny, installed):
    found = verify_archive(tiny[0], sample=0)
    assert found.verdict == Answer.HOLDS
    assert "A run folder, not an archive." in found.notes
    assert next(f.said for f in found.findings if f.check == "scores").endswith(
        "from the test scores to 1e-06."
    )


def test_a_tiny_run_is_set_beside_its_archive_and_beside_that_of_another_run(tiny, tmp_path):
    both = write_report(list(tiny), tmp_path / "both", tables_only=True)
    assert both.compared
    assert all(row.paired and row.difference == 0 and row.same_cells for row in both.compared)
    other = write_report([tiny[0], QUICK], tmp_path / "other", tables_only=True)
    assert {panel.data for panel in other.findings.panels} == {
        "synth",
        read_contents(tiny[1]).records[0].data,
    }
    assert not other.compared, "they have no data set in common"


def test_a_report_and_a_lock_in_an_archive_are_left_alone(copy, installed):
    write_report(copy, tables_only=True)
    (copy / ".lock").touch()
    found = verify_archive(copy, sample=0)
    assert found.verdict == Answer.HOLDS
    assert (
        found.notes[-1]
        == "The folder `report` does not belong to the archive, and its files were not checked."
    )


def test_a_copy_of_a_run_is_not_written_into_it(tiny):
    for make in (archive_run, lambda run, out: merge_runs([run, tiny[1]], out)):
        with pytest.raises(
            InputError, match=r"inside` lies in the run folder `.*run`, which this command only reads"
        ):
            make(tiny[0], tiny[0] / "report" / ".." / "inside")
    assert not (tiny[0] / "inside").exists()


def test_without_the_base_models_nothing_is_computed_and_the_rest_is_still_checked(copy):
    found = verify_archive(copy)
    assert found.verdict == Answer.COULD_NOT_TELL
    assert [f.check for f in found.findings if f.verdict == Answer.HOLDS] == [
        "files",
        "environment",
        "scores",
        "curves",
        "filters",
    ]
    assert re.search(
        "^The plan cannot be made again here: .* Unknown set of base models `tiny-w32`",
        found.findings[-1].said,
    )


def test_recordings_that_are_elsewhere_are_named_with_the_option_that_finds_them(copy, installed):
    path = copy / "config.toml"
    data = '[data]\nname = "esc50"\nroot = "ESC-50"\n\n['
    path.write_text(re.sub(r"\[data\]\n.*?\n\[", data, path.read_text(), count=1, flags=re.DOTALL))
    found = verify_archive(copy)
    assert found.verdict == Answer.COULD_NOT_TELL
    assert re.search(
        "There is no folder `ESC-50`.* with `--set data.root=FOLDER` or", found.findings[-1].said
    )


@pytest.mark.parametrize(
    ("table", "option"),
    [
        ("prune", "`--pruner-file FILE.py`"),
        ("model", "`--set model.files=[...]`"),
        ("data", "`--set data.files=[...]`"),
    ],
)
def test_code_that_an_archive_names_is_never_run(copy, installed, monkeypatch, table, option):
    """A file of that name lies in the folder that the user happens to be in."""
    monkeypatch.chdir(copy.parent)
    (copy.parent / "setup.py").write_text("open('ran', 'w')\n")
    path = copy / "config.toml"
    before = path.read_text()
    config = before.replace("files = []\n", "") if table == "prune" else before
    path.write_text(config.replace(f"[{table}]\n", f'[{table}]\nfiles = ["setup.py"]\n', 1))
    found = verify_archive(copy)
    assert found.verdict == Answer.COULD_NOT_TELL
    assert (
        f"The archive needs `setup.py` of `{table}.files`, and code that an archive names is"
        in found.findings[-1].said
    )
    assert found.findings[-1].said.endswith(f"give it with {option}.")
    assert not (copy.parent / "ran").exists()
