"""What `prunebench verify` prints, with which exit code, and what it refuses."""

import json
import shutil
from pathlib import Path

import pytest

import prunebench.harness.verification.verify as verification
from prunebench.harness.verification.checked import Answer, Checked
from prunebench.harness.verification.sample import Repeated
from prunebench.harness.verification.verify import Verified

QUICK = Path(__file__).parents[3] / "examples" / "results" / "quick"
HOLDS = Checked("scores", Answer.HOLDS, "The test mAP of 3 records follows.")
DIFFERS = Checked("sample", Answer.DIFFERS, "Cell a (l1 at 50 %, base seed 0) does not repeat.")
UNKNOWN = Checked("identities", Answer.COULD_NOT_TELL, "The plan cannot be made again here: no data.")
CELL = Repeated(
    "a", "cell a (l1 at 50 %, base seed 0)", False, -0.02, "test_map of stage `fine-tuned`", False
)


@pytest.mark.parametrize(
    ("findings", "code", "last"),
    [((HOLDS,), 0, "holds: DIR"), ((HOLDS, DIFFERS), 1, "differs: DIR"), ((HOLDS, UNKNOWN), 2, "could not tell: DIR"),
     ((UNKNOWN, DIFFERS), 1, "differs: DIR")],
)  # fmt: skip
def test_each_check_is_a_row_and_the_exit_code_is_the_answer(cli, monkeypatch, findings, code, last):
    found = Verified(Path("DIR"), findings, (CELL,), ("2 cells failed.",))
    monkeypatch.setattr(verification, "verify_archive", lambda folder, **how: found)
    ended, out, err = cli("verify", "DIR")
    assert (ended, err) == (code, "")
    lines = out.splitlines()
    assert lines[-3:] == [
        "cell a (l1 at 50 %, base seed 0): -0.020000, test_map of stage `fine-tuned`",
        "Note: 2 cells failed.",
        last,
    ]
    for finding in findings:
        assert any(line.split()[:1] == [finding.check] and finding.verdict.words in line for line in lines)
    told = json.loads(cli("verify", "DIR", "--json")[1])
    assert (told["schema_version"], told["exit_code"], told["verdict"]) == (
        1,
        code,
        last[:-5].replace(" ", "_"),
    )
    assert [check["check"] for check in told["checks"]] == [finding.check for finding in findings]
    assert told["sample"][0]["difference"] == -0.02


def test_options_reach_the_checks(cli, monkeypatch):
    asked = {}

    def verify(folder, **how):
        asked.update(how)
        return Verified(folder, (HOLDS,))

    monkeypatch.setattr(verification, "verify_archive", verify)
    options = ("--sample", "5", "--seed", "7", "--set", "data.root=ESC-50", "--set", "threads=2")
    assert cli("verify", "DIR", *options)[0] == 0
    assert (asked["sample"], asked["seed"], asked["overrides"]) == (5, 7, ("data.root=ESC-50", "threads=2"))


def test_the_archived_run_of_the_project_agrees_with_itself(cli):
    code, out, _ = cli("verify", str(QUICK), "--sample", "0")
    assert code == 0
    assert "53 identities follow from the configuration." in " ".join(out.split())


def test_what_is_no_archive_is_refused_in_one_sentence(cli, tmp_path):
    (tmp_path / "empty").mkdir()
    shutil.copytree(QUICK, tmp_path / "newer")
    environment = tmp_path / "newer" / "environment.json"
    told = json.loads(environment.read_text())
    environment.write_text(json.dumps({**told, "archive_schema_version": 2}))
    for folder, said in (
        ("none", "There is no folder `none`"),
        ("empty", "`empty` is not a run folder"),
        ("newer", "An archive must have archive_schema_version 1. Found 2 in `newer`: use the version of"),
    ):
        code, out, err = cli("verify", folder)
        assert (code, out) == (2, "")
        assert err.startswith(f"Error: {said}")
        assert err.count("\n") == 1


def test_a_file_of_a_pruner_that_cannot_be_used_is_one_sentence(cli):
    Path("fails.py").write_text("raise RuntimeError('no')")
    for file, said in (
        ("absent.py", "There is no file `absent.py`"),
        ("fails.py", "Found RuntimeError: no."),
    ):
        code, out, error = cli("verify", QUICK, "--sample", "0", "--pruner-file", file)
        assert (code, out, error.count("\n")) == (2, "", 1)
        assert said in error
