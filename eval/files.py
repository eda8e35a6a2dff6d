"""Files that are whole or absent, and files that are read only where reading them ends."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from prunebench.eval.errors import InputError
from prunebench.eval.faults import reach

# The last: a limit on the size of a file is reached.
DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Names of what a process has open already: a regular file behind one is written to, never replaced.
_OPEN_ALREADY = ("/dev/fd/", "/dev/stdout", "/dev/stderr", "/proc/")
TEXT_LIMIT = 1 << 30  # bytes of a file that is read at once
LEFTOVER = ".prunebench-"  # between the name of a file and eight hexadecimal digits
READER_SECONDS = 10.0  # how long a named pipe may be without a reader
_BINARY = getattr(os, "O_BINARY", 0)  # Windows


@contextlib.contextmanager
def whole_file(path: Path, *, durable: bool = True, follow: bool = True) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file `path` at once when the block ends, and never in part.

    Temporary file in the same folder, flush, fsync, rename. A process that is killed meanwhile leaves the
    temporary file behind, which `remove_leftovers` finds. A file that is replaced keeps its mode, and its owner where
    that is allowed; a new one has the mode that the umask asks for. A device, a pipe or a socket is written to when the
    block ends, and stays what it is.

    Args:
        path: of the file.
        durable: whether it must outlive a loss of power too.
        follow: whether what a symbolic link leads to is written, as for a path that a user gives; otherwise the link
            itself is replaced, as for a name inside a folder that came from elsewhere.

    Raises:
        InputError: where a file stands in the place of the folder, or a folder in the place of the file; for a link
            that leads to itself, or a named pipe that nobody reads.
    """
    if follow:
        if _is_stream(path):
            with _streamed(path) as stream:
                yield stream
            return
        path = behind_links(path)
    make_folder(path)
    if path.is_dir() and (follow or not path.is_symlink()):
        raise InputError(f"`{path}` is a folder, but a file is needed: give another path.")
    temporary = path.with_name(f".{_short(path.name)}{LEFTOVER}{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)  # less the umask
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            reach("written", path)
            if durable:
                os.fsync(stream.fileno())
        _take_after(path, temporary)
        reach("rename", path)
        temporary.replace(path)
        reach("renamed", path)
        if durable:
            sync_name(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if full := full_disk(error):
            raise OSError(full, os.strerror(full), str(path)) from error
        raise


def _short(name: str) -> str:
    """A name that leaves room for what a temporary file is called besides, in file systems that take 255 bytes."""
    return name if len(os.fsencode(name)) <= 230 else name[:50]


def _is_stream(path: Path) -> bool:
    """Whether it is there and neither a regular file nor a folder, or is open in this process already."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or str(path.absolute()).startswith(_OPEN_ALREADY)


@contextlib.contextmanager
def _streamed(path: Path) -> Iterator[BinaryIO]:
    """A stream whose bytes are copied to a device or a pipe when the block ends."""
    with tempfile.TemporaryFile() as kept:
        yield kept
        kept.seek(0)
        try:
            with os.fdopen(_opened_to_write(path), "wb") as stream:
                shutil.copyfileobj(kept, stream)
        except OSError as error:  # the stream knows no name
            raise OSError(error.errno, error.strerror, str(path)) from error


def _opened_to_write(path: Path) -> int:
    """A descriptor; a named pipe is waited for, but not for ever."""
    ends = time.monotonic() + READER_SECONDS
    flags = os.O_WRONLY | os.O_APPEND | _BINARY
    while stat.S_ISFIFO(path.stat().st_mode):
        try:
            handle = os.open(path, flags | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > ends:
                raise InputError(
                    f"No process reads the pipe `{path}`: start its reader first, or give a file."
                ) from error
            time.sleep(0.05)
            continue
        os.set_blocking(handle, True)
        return handle
    return os.open(path, flags)


def behind_links(path: Path) -> Path:
    """The file that a symbolic link leads to; it need not exist."""
    if not path.is_symlink():
        return path
    said = f"`{path}` is a symbolic link that leads to itself: give another path."
    try:
        found = path.resolve()
    except (OSError, RuntimeError) as error:
        raise InputError(said) from error
    if found.is_symlink():  # Python 3.13 leaves a loop as it is
        raise InputError(said)
    return found


def _take_after(path: Path, new: Path) -> None:
    """Give a new file the mode and, where that is allowed, the owner of the one that it replaces."""
    try:
        before = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(before.st_mode):
        return
    made = new.stat()
    if (made.st_uid, made.st_gid) != (before.st_uid, before.st_gid):
        with contextlib.suppress(OSError):
            os.chown(new, before.st_uid, before.st_gid)
    new.chmod(stat.S_IMODE(before.st_mode))


def make_folder(path: Path) -> None:
    """The folder of a file to be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(
            f"`{path}` cannot be written, because a part of this path is a file and not a folder: give another path."
        ) from error


def remove_leftovers(folder: Path, name: str = "*") -> None:
    """Remove the temporary files of `whole_file` in a folder, of files `name`, that nobody else writes to now."""
    for path in folder.glob(f".{name}{LEFTOVER}{'[0-9a-f]' * 8}"):
        if path.is_file():
            path.unlink(missing_ok=True)


def write_text(path: Path, text: str, *, durable: bool = True, follow: bool = True) -> None:
    """The text as a UTF-8 file, whole or absent; of a file name that is no text, the bytes are written out."""
    with whole_file(path, durable=durable, follow=follow) as stream:
        stream.write(text.encode(errors="backslashreplace"))


@contextlib.contextmanager
def opened_file(path: Path) -> Iterator[BinaryIO]:
    """A regular file, to be read; a pipe or a device might never end.

    Raises:
        InputError: for a folder, a pipe, a device or a socket.
        OSError: for a file that is missing or may not be read.
    """
    check_regular(path)
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY), "rb") as stream:
        yield stream


def check_regular(path: Path) -> None:
    """Refuse a path that is there and no regular file.

    Raises:
        InputError: for a folder, a pipe, a device or a socket.
        OSError: for a path that is missing or may not be looked at.
    """
    mode = path.stat().st_mode
    for test, kind in _KINDS:
        if test(mode):
            raise InputError(f"`{path}` is {kind}, but a file is needed: give another path.")


def check_own_files(folder: Path, parts: Iterable[str] = ()) -> None:
    """Refuse a folder from elsewhere that contains links, pipes or devices, which lead out of the folder.

    Args:
        folder: whose files are looked at; a folder in it may be a link where it is none of `parts`.
        parts: folders in it that are looked at too.

    Raises:
        InputError: naming the first.
    """
    for place in (folder, *(folder / part for part in parts)):
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            wanted = place != folder or path.name in parts
            if path.is_symlink() and (wanted or not path.is_dir()):
                raise InputError(
                    f"`{path}` is a symbolic link, but a run folder must contain the files themselves: replace the "
                    "link with what it points to."
                )
            if path.exists() and not path.is_dir():
                check_regular(path)


_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def read_text(path: Path, *, limit: int = TEXT_LIMIT, errors: str = "strict") -> str:
    """A regular file as UTF-8 text.

    Args:
        path: of the file.
        limit: bytes it may have.
        errors: of the decoding, as `bytes.decode` takes them.

    Raises:
        InputError: for what is no regular file or is longer than `limit`.
        OSError, UnicodeDecodeError: for a file that cannot be read.
    """
    with opened_file(path) as stream:
        found = stream.read(limit + 1)
    if len(found) > limit:
        raise InputError(
            f"`{path}` has more than {limit:,} bytes, the largest size that is read: give another file."
        )
    return found.decode(errors=errors)


def full_disk(error: BaseException | None) -> int | None:
    """The code of the error, if a disk without room is behind it; torch, writing to a stream, says so in the context
    alone.
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            return error.errno
        error = error.__context__
    return None


def sync_name(path: Path) -> None:
    """Make a name in a folder outlive a loss of power, where the system lets folders be opened."""
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
