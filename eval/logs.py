"""Logs of one line after the other, which lose at most the line a crash tore."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

from prunebench.eval.compressed import SUFFIX, read_compressed
from prunebench.eval.errors import InputError
from prunebench.eval.faults import reach
from prunebench.eval.files import check_regular, full_disk, make_folder, read_text, sync_name

T = TypeVar("T")


def append_line(path: Path, line: str) -> None:
    """Append one line and fsync; a torn last line, left by a crash, is cut off first.

    The caller is the file's only writer.
    """
    make_folder(path)
    new = not path.exists()
    if not new:
        check_regular(path)
    try:
        with path.open("ab+") as stream:
            _cut_torn_line(stream)
            reach("append", path)
            stream.write(line.encode() + b"\n")
            stream.flush()
            reach("appended", path)
            os.fsync(stream.fileno())
    except OSError as error:
        if full := full_disk(error):
            raise OSError(full, os.strerror(full), str(path)) from error
        raise
    if new:
        sync_name(path)
    reach("synced", path)


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


def parsed_lines(path: Path, parse: Callable[[str], T], way_out: str = "") -> list[T]:
    """What `parse` makes of each whole line of a file.

    Args:
        path: of the file, compressed where its name ends in `.xz`; no lines where it is absent.
        parse: takes a line.
        way_out: what to do about a line that cannot be read.

    Raises:
        InputError: naming file and line, for one that cannot be parsed.
    """
    found = []
    for number, line in enumerate(_whole_lines(path), 1):
        if not line.strip():
            continue
        try:
            found.append(parse(line))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            said = (
                str(error)
                if isinstance(error, InputError)
                else f"cannot be read ({error}){f': {way_out}' if way_out else ''}."
            )
            raise InputError(f"{path}, line {number}: {said}") from error
    return found


def read_lines(path: Path) -> list[str]:
    """The whole lines of a JSON-lines file; a last line without its line end was torn and is dropped."""
    return [line for line in _whole_lines(path) if line.strip()]


def _whole_lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    read = read_compressed if path.suffix == SUFFIX else read_text
    return read(path, errors="replace").split("\n")[:-1]
