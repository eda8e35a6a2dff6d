"""Why a run stopped is one sentence that says where it goes on."""

import errno
import os

import pytest

import prunebench.harness.sweep.merge as merge
import prunebench.harness.sweep.sweep as sweep
from prunebench.cli import main
from prunebench.harness.engine.cluster import SchedulerLost
from prunebench.stopping import Termination


@pytest.mark.parametrize(
    ("stop", "code", "words"),
    [
        (KeyboardInterrupt(), 130, ["Stopped. Finished cells are kept in"]),
        (Termination(), 143, ["Stopped. Finished cells are kept in"]),
        (SchedulerLost(), 1, ["The scheduler stopped. Finished cells are kept in"]),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "records.jsonl"),
            2,
            ["The disk that holds `records.jsonl` is full, or", "Free some space or raise the limit"],
        ),
        (
            OSError(errno.EFBIG, os.strerror(errno.EFBIG), "records.jsonl"),
            2,
            [
                "`records.jsonl` is full, or a file has reached its size limit (`ulimit -f`).",
                "raise the limit",
            ],
        ),
    ],
)
def test_a_sentence_and_a_code(monkeypatch, capsys, tmp_path, stop, code, words):
    def stopped(*_, **__):
        raise stop

    monkeypatch.setattr(sweep, "run_sweep", stopped)
    monkeypatch.setattr("sys.argv", ["prunebench", "run", "quick", "-o", str(tmp_path / "run")])
    with pytest.raises(SystemExit) as found:
        main()
    assert found.value.code == code
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    for text in [*words, str(tmp_path / "run"), "resumes the run"]:
        assert text in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--scheduler", "tcp://x:1", "--workers", "2"], "not both"),
        (["--resource", "GPU=1"], "give --scheduler too"),
        (
            ["--scheduler", "tcp://x:1", "--resource", "GPU"],
            "must be NAME=AMOUNT, such as GPU=1. Found `GPU`",
        ),
    ],
)
def test_options_that_do_not_go_together(monkeypatch, capsys, tmp_path, options, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["prunebench", "run", "quick", *options])
    with pytest.raises(SystemExit) as found:
        main()
    assert found.value.code == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EFBIG])
def test_every_verb_says_how_to_go_on_where_there_is_no_room(monkeypatch, capsys, code):
    def stopped(*_):
        raise OSError(code, os.strerror(code), "both/config.toml")

    monkeypatch.setattr(merge, "merge_runs", stopped)
    monkeypatch.setattr("sys.argv", ["prunebench", "merge", "one", "two", "-o", "both"])
    with pytest.raises(SystemExit) as found:
        main()
    assert found.value.code == 2
    assert capsys.readouterr().err == (
        f"Error: {os.strerror(code)}: both/config.toml: free some space or raise the limit (`ulimit -f`), and repeat "
        "the command.\n"
    )
