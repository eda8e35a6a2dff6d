"""The points where a test makes a process die or its disk be full: each is reached, once, with what it should leave."""

import errno
import os
import signal

import pytest

from prunebench.eval import faults
from prunebench.eval.files import write_text
from prunebench.eval.logs import append_line, read_lines


@pytest.fixture
def fault(tmp_path_factory, monkeypatch):
    path = tmp_path_factory.mktemp("fault") / "fault"
    monkeypatch.setattr(faults, "_FILE", str(path))
    return path


@pytest.mark.parametrize(
    ("point", "left"), [("append", ["one"]), ("appended", ["one", "two"]), ("synced", ["one", "two"])]
)
def test_a_disk_that_is_full_at_a_point_of_a_log(tmp_path, fault, point, left):
    log = tmp_path / "log.jsonl"
    append_line(log, "one")
    fault.write_text(f"full {point} log.jsonl")
    append_line(tmp_path / "other.jsonl", "its own")
    with pytest.raises(OSError, match=r"log\.jsonl") as found:
        append_line(log, "two")
    assert found.value.errno == errno.ENOSPC
    assert read_lines(log) == left
    append_line(log, "three")  # a fault happens once
    assert read_lines(log) == [*left, "three"]


@pytest.mark.parametrize(
    ("point", "left"), [("written", "before"), ("rename", "before"), ("renamed", "after")]
)
def test_a_disk_that_is_full_at_a_point_of_a_file(tmp_path, fault, point, left):
    path = tmp_path / "a.txt"
    path.write_text("before")
    fault.write_text(f"full {point} a.txt")
    with pytest.raises(OSError, match=r"a\.txt") as found:
        write_text(path, "after")
    assert found.value.errno == errno.ENOSPC
    assert path.read_text() == left
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("action", "left"), [("kill", b"one\n"), ("tear", b"o")])
def test_a_kill_takes_this_process_and_may_tear_the_file_before(tmp_path, fault, monkeypatch, action, left):
    killed = []
    monkeypatch.setattr(os, "kill", lambda *words: killed.append(words))
    fault.write_text(f"{action} appended log.jsonl")
    append_line(tmp_path / "log.jsonl", "one")
    assert killed == [(os.getpid(), signal.SIGKILL)]
    assert (tmp_path / "log.jsonl").read_bytes() == left
