"""A file that can be made again: what it holds, or nothing where it is absent or damaged."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import message
from prunebench.harness.workspace.notes import note

T = TypeVar("T")


def read_kept(path: Path, read: Callable[[Path], T]) -> T | None:
    """What `read` makes of a file of the cache, `None` where the caller must make the file again.

    A damaged file is noted in one sentence. One that may not be read is no damaged one.

    Args:
        path: of the file.
        read: path → what it holds; raises whatever it likes for a file that holds something else.

    Raises:
        OSError: of the system, `PermissionError` say.
    """
    if not path.is_file():
        make_room(path)
        return None
    try:
        return read(path)
    except Exception as error:  # readers of files meet damage with errors of many kinds
        if isinstance(error, OSError) and error.errno is not None:
            raise
        note(f"`{path}` is damaged and is made again: {_reason(error)}.")
        return None


def _reason(error: Exception) -> str:
    """What was found, without the advice of our own messages: they speak to owners of files, and this one is ours."""
    said = message(error).rstrip(".")
    found, _, _ = said.rpartition(": ")
    return found if found and isinstance(error, InputError) else said


def make_room(path: Path) -> Path:
    """The path, free for a file: an empty folder, a pipe or a link to nothing that stands there is taken away.

    It is looked at once: a file that another process puts there meanwhile stays.

    Raises:
        InputError: for a folder that holds something, which no run put there.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return path
    if stat.S_ISREG(mode) or (stat.S_ISLNK(mode) and path.is_file()):
        return path
    if not stat.S_ISDIR(mode):
        path.unlink()
    elif any(path.iterdir()):
        raise InputError(f"`{path}` is a folder in the place of a file of the cache: move it elsewhere.")
    else:
        path.rmdir()
    note(f"`{path}` was not a file. It was replaced.")
    return path


def mapped_array(path: Path, shape: tuple[int | None, ...]) -> NDArray[np.float32]:
    """A read-only memory map of an array of float32 in C order.

    Args:
        path: of an npy file.
        shape: that it must have, `None` for any length.

    Raises:
        InputError: for another shape or type.
        ValueError: for a file that is cut short, too long or something else.
    """
    found = np.lib.format.open_memmap(path, mode="r")
    fits = found.ndim == len(shape) and all(
        wanted in (None, length) for wanted, length in zip(shape, found.shape, strict=True)
    )
    if not fits or found.dtype != np.dtype(np.float32) or not found.flags.c_contiguous:
        raise InputError(f"it contains {found.dtype} of shape {found.shape}")
    if path.stat().st_size != found.offset + found.nbytes:
        raise InputError(f"it has {path.stat().st_size:,} bytes instead of {found.offset + found.nbytes:,}")
    result: NDArray[Any] = found
    return result
