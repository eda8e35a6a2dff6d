"""Files that are whole or absent, and logs that lose at most the line a crash tore."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from prunebench.eval.errors import InputError
from prunebench.eval.faults import reach

T = TypeVar("T")
# The last: a limit on the size of a file is reached.
DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
MADE_AGAIN = "delete the line, and the same `prunebench run` makes again what is missing"
# Log of a run folder → what to do about a line that cannot be read.
WAYS_OUT = {
    **dict.fromkeys(("records.jsonl", "outcomes.jsonl", "shapes.jsonl"), MADE_AGAIN),
    **dict.fromkeys(("removed.jsonl", "curves.jsonl"), "delete the line; reports then lack what it held"),
}


@contextlib.contextmanager
def whole_file(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file `path` at once when the block ends, and never in part.

    Temporary file in the same folder, flush, fsync, rename. A process that is killed meanwhile leaves the
    temporary file behind, which `remove_leftovers` finds.

    Args:
        path: of the file.
        durable: whether it must outlive a loss of power too.

    Raises:
        InputError: where a file stands in the place of the folder.
    """
    _make_folder(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            reach("written", path)
            if durable:
                os.fsync(stream.fileno())
        temporary.chmod(0o644)
        reach("rename", path)
        temporary.replace(path)
        reach("renamed", path)
        if durable:
            _sync_name(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if full := _of_full_disk(error):
            raise OSError(full, os.strerror(full), str(path)) from error
        raise


def _make_folder(path: Path) -> None:
    """The folder of a file to be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(
            f"A file must be written into a folder. Found a file in the place of one on the way to `{path}`: give "
            "another path."
        ) from error


def remove_leftovers(folder: Path, name: str = "*") -> None:
    """Remove the temporary files of `whole_file` in a folder, of files `name`, that nobody else writes to now."""
    for path in folder.glob(f".{name}.????????"):
        if path.is_file():
            path.unlink(missing_ok=True)


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    """The text as a UTF-8 file, whole or absent."""
    with whole_file(path, durable=durable) as stream:
        stream.write(text.encode())


def append_line(path: Path, line: str) -> None:
    """Append one line and fsync; a torn last line, left by a crash, is cut off first.

    The caller is the file's only writer.
    """
    _make_folder(path)
    new = not path.exists()
    try:
        with path.open("ab+") as stream:
            _cut_torn_line(stream)
            reach("append", path)
            stream.write(line.encode() + b"\n")
            stream.flush()
            reach("appended", path)
            os.fsync(stream.fileno())
    except OSError as error:
        if full := _of_full_disk(error):
            raise OSError(full, os.strerror(full), str(path)) from error
        raise
    if new:
        _sync_name(path)
    reach("synced", path)


def _of_full_disk(error: BaseException | None) -> int | None:
    """The code of the error, if a disk without room is behind it; torch, writing to a stream, says so in the context
    alone.
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            return error.errno
        error = error.__context__
    return None


def _sync_name(path: Path) -> None:
    """Make a name in a folder outlive a loss of power, where the system lets folders be opened."""
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _cut_torn_line(stream: BinaryIO) -> None:
    end = stream.seek(0, os.SEEK_END)
    position = end
    while position > 0:
        start = max(0, position - 65536)
        stream.seek(start)
        newline = stream.read(position - start).rfind(b"\n")
        if newline >= 0:
            position = start + newline + 1
            break
        position = start
    if position < end:
        stream.truncate(position)
    stream.seek(0, os.SEEK_END)


def parsed_lines(path: Path, parse: Callable[[str], T]) -> list[T]:
    """What `parse` makes of each whole line of a file.

    Raises:
        InputError: naming file and line, for one that cannot be parsed, and of a run folder's logs what to do.
    """
    found = []
    for number, line in enumerate(_whole_lines(path), 1):
        if not line.strip():
            continue
        try:
            found.append(parse(line))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            way_out = f": {WAYS_OUT[path.name]}" if path.name in WAYS_OUT else ""
            said = str(error) if isinstance(error, InputError) else f"cannot be read ({error}){way_out}."
            raise InputError(f"{path}, line {number}: {said}") from error
    return found


def read_lines(path: Path) -> list[str]:
    """The whole lines of a JSON-lines file; a last line without its line end was torn and is dropped."""
    return [line for line in _whole_lines(path) if line.strip()]


def _whole_lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    return path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
