import errno
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.files import DISK_FULL, read_text, remove_leftovers, whole_file, write_text
from prunebench.eval.logs import append_line, parsed_lines, read_lines
from prunebench.eval.run.run_lines import run_lines

posix = pytest.mark.skipif(os.name != "posix", reason="pipes, links and modes are POSIX'")


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
    kept = {".lock", "a.npz", ".hidden", ".vimrc.original", ".a.npz.abcd_123", ".a.prunebench-notes"}
    for name in (".a.npz.prunebench-0123abcd", *kept):
        (tmp_path / name).write_text("")
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_what_a_kill_leaves_is_found(tmp_path):
    path = tmp_path / "model.pt"
    with whole_file(path) as stream:
        stream.write(b"half")
        (temporary,) = tmp_path.iterdir()
        shutil.copy(temporary, temporary.with_name(temporary.name[:-8] + "deadbeef"))
    assert len(list(tmp_path.iterdir())) == 2
    remove_leftovers(tmp_path, "model.pt")
    assert list(tmp_path.iterdir()) == [path]


@posix
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_mode_that_the_umask_asks_for_and_an_old_one_its_own(tmp_path, umask, mode):
    (tmp_path / "private").write_text("before")
    (tmp_path / "private").chmod(0o640)
    before = os.umask(umask)
    try:
        write_text(tmp_path / "new", "text")
        write_text(tmp_path / "private", "text")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == mode
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o640


@posix
def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a").write_text("before")
    for name in ("a", "b"):  # the second leads to nothing yet
        (tmp_path / name).symlink_to(Path("there") / name)
        write_text(tmp_path / name, "after")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / "there" / name).read_text() == "after"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match="loop` is a symbolic link that leads to itself"):
        write_text(tmp_path / "loop", "text")


@posix
def test_a_link_inside_a_folder_from_elsewhere_is_replaced(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "page.html").symlink_to(tmp_path / "mine")
    write_text(tmp_path / "page.html", "page", follow=False)
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "page.html").is_symlink()


@posix
def test_a_pipe_is_written_to_and_stays(tmp_path):
    pipe, found = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    with whole_file(pipe) as stream:
        stream.write(b"x" * 100_000)
        stream.seek(0)  # torch goes back in the files that it writes
        stream.write(b"y")
    reader.join()
    assert found == [b"y" + b"x" * 99_999]
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


@posix
def test_nothing_of_what_fails_reaches_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(TypeError), whole_file(pipe) as stream:
        stream.writelines([b"half", "no bytes"])
    assert os.read(handle, 10) == b""
    os.close(handle)


@posix
def test_a_pipe_without_a_reader_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr("prunebench.eval.files.READER_SECONDS", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"No process reads the pipe .*pipe`: start its reader first"):
        write_text(tmp_path / "pipe", "text")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_device_is_written_to(tmp_path):
    write_text(Path("/dev/null"), "text")
    assert Path("/dev/null").is_char_device()
    with pytest.raises(OSError, match=r"No space left .*/dev/full") as found:
        write_text(Path("/dev/full"), "text")
    assert found.value.errno == errno.ENOSPC
    assert Path("/dev/full").is_char_device()


@posix
def test_standard_output_takes_a_file(tmp_path):
    code = "from pathlib import Path; from prunebench.eval.files import write_text as w; w(Path('/dev/stdout'), 'b\\n')"
    with (tmp_path / "out").open("w") as out:
        out.write("a\n")
        out.flush()
        subprocess.run([sys.executable, "-c", code], check=True, stdout=out, timeout=60)
    assert (tmp_path / "out").read_text() == "a\nb\n"


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="folder` is a folder, but a file is needed"):
        write_text(tmp_path / "folder", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_name_as_long_as_file_systems_take(tmp_path):
    write_text(tmp_path / ("x" * 250), "text")
    assert (tmp_path / ("x" * 250)).read_text() == "text"


@posix
def test_what_never_ends_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "log.jsonl")
    for path, kind in (
        (tmp_path / "log.jsonl", "a pipe"),
        (tmp_path, "a folder"),
        (Path("/dev/zero"), "a device"),
    ):
        with pytest.raises(InputError, match=f"is {kind}, but a file is needed"):
            read_text(path)
    with pytest.raises(InputError, match="is a pipe"):
        parsed_lines(tmp_path / "log.jsonl", json.loads)
    with pytest.raises(InputError, match="is a pipe"):
        append_line(tmp_path / "log.jsonl", "line")
    (tmp_path / "long").write_text("x" * 11)
    assert read_text(tmp_path / "long", limit=11) == "x" * 11
    with pytest.raises(InputError, match="long` has more than 10 bytes"):
        read_text(tmp_path / "long", limit=10)


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "model.pt").write_text("a file")
    for write in (lambda path: write_text(path, "text"), lambda path: append_line(path, "line")):
        with pytest.raises(
            InputError, match=r"model.pt/x.pt` cannot be written, because a part of this path is a file"
        ):
            write(tmp_path / "model.pt" / "x.pt")
    assert (tmp_path / "model.pt").read_text() == "a file"


@pytest.mark.parametrize(
    ("log", "end"),
    [
        ("outcomes", ": delete the line; the same `prunebench run` then computes again what is missing."),
        ("shapes", ": delete the line; the same `prunebench run` then computes again what is missing."),
        ("curves", ": delete the line; reports then lack what it contained."),
        ("journal", "(char 1))."),
    ],
)
def test_a_damaged_line_is_counted_as_editors_do_and_has_a_way_out_that_is_true_of_its_log(
    tmp_path, log, end
):
    path = tmp_path / f"{log}.jsonl"
    path.write_text('{"one": 1}\n\n{one\n{"torn')
    with pytest.raises(InputError) as found:
        run_lines(path, json.loads)
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
