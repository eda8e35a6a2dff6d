import errno
import json
import os

import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.files import (
    DISK_FULL,
    append_line,
    parsed_lines,
    read_lines,
    remove_leftovers,
    whole_file,
    write_text,
)


def write_as_torch_does(stream):
    """torch turns the error of its stream into another one, which holds the first as its context."""
    try:
        raise OSError(errno.ENOSPC, "No space left on device")
    finally:
        raise RuntimeError("unexpected pos 704 vs 598")


def test_a_full_disk_is_named_whatever_the_writer_makes_of_it(tmp_path):
    with (
        pytest.raises(OSError, match=r"No space left .*model\.pt") as found,
        whole_file(tmp_path / "model.pt") as file,
    ):
        write_as_torch_does(file)
    assert found.value.errno == errno.ENOSPC
    assert not list(tmp_path.iterdir())


def test_other_errors_pass_as_they_are(tmp_path):
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "model.pt"):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_an_earlier_file_stays_when_writing_fails(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(TypeError), whole_file(path) as stream:
        stream.writelines([b"half", "no bytes"])
    assert path.read_text() == "before"


@pytest.mark.parametrize("torn", ["", "half", "x" * 70000])
def test_a_torn_line_is_dropped_and_cut_off(tmp_path, torn):
    path = tmp_path / "log.jsonl"
    append_line(path, "one")
    with path.open("a") as stream:
        stream.write(torn)
    assert read_lines(path) == ["one"]
    append_line(path, "two")
    assert path.read_text() == "one\ntwo\n"


def test_leftovers_are_temporary_files_alone(tmp_path):
    for name in (".a.npz.abcd_123", ".lock", "a.npz", ".hidden"):
        (tmp_path / name).write_text("")
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".lock", "a.npz", ".hidden"}


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "model.pt").write_text("a file")
    for write in (lambda path: write_text(path, "text"), lambda path: append_line(path, "line")):
        with pytest.raises(InputError, match=r"A file must be written into a folder. .*model.pt/x.pt"):
            write(tmp_path / "model.pt" / "x.pt")
    assert (tmp_path / "model.pt").read_text() == "a file"


@pytest.mark.parametrize(
    ("log", "end"),
    [
        ("outcomes", ": delete the line, and the same `prunebench run` makes again what is missing."),
        ("shapes", ": delete the line, and the same `prunebench run` makes again what is missing."),
        ("curves", ": delete the line; reports then lack what it held."),
        ("journal", "(char 1))."),
    ],
)
def test_a_damaged_line_is_counted_as_editors_do_and_has_a_way_out_that_is_true_of_its_log(
    tmp_path, log, end
):
    path = tmp_path / f"{log}.jsonl"
    path.write_text('{"one": 1}\n\n{one\n{"torn')
    with pytest.raises(InputError) as found:
        parsed_lines(path, json.loads)
    assert str(found.value).startswith(f"{path}, line 3: cannot be read (")
    assert str(found.value).endswith(end)


@pytest.mark.skipif(os.name != "posix", reason="limits on the size of a file are POSIX'")
def test_a_file_at_its_size_limit_is_named(tmp_path):
    import resource

    log = tmp_path / "log.jsonl"
    append_line(log, "one")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match=r"large.*model\.txt") as whole:
            write_text(tmp_path / "model.txt", "x" * 2000)
        with pytest.raises(OSError, match=r"large.*log\.jsonl") as line:
            append_line(log, "x" * 2000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert {whole.value.errno, line.value.errno} == {errno.EFBIG} <= DISK_FULL
    assert list(tmp_path.iterdir()) == [log]
    append_line(log, "two")
    assert log.read_text() == "one\ntwo\n"
