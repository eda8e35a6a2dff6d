"""Arrays in npy files and npz archives that may be anything: nothing in them is run, and no size is believed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.files import check_regular, opened_file
from prunebench.eval.text.foreign_code import message

T = TypeVar("T")
ARRAY_LIMIT = 1 << 30  # bytes of an array that is read


def read_npz(path: Path, *names: str, limit: int = ARRAY_LIMIT) -> list[NDArray[Any]]:
    """Arrays of an archive, by name.

    Args:
        path: of the archive.
        names: of the arrays.
        limit: bytes that each may have.

    Raises:
        ValueError: for a file that is no archive, is torn, lacks one of them or holds one of more than `limit` bytes.
        OSError: of the system.
    """

    def read() -> list[NDArray[Any]]:
        with opened_file(path) as stream, zipfile.ZipFile(stream) as archive:
            return [_member(archive, name, limit) for name in names]

    return _tried(read)


def npz_names(path: Path) -> list[str]:
    """Names of the arrays of an archive; errors as `read_npz`."""

    def read() -> list[str]:
        with opened_file(path) as stream, zipfile.ZipFile(stream) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]

    return _tried(read)


def read_npy(path: Path, *, limit: int = ARRAY_LIMIT) -> NDArray[Any]:
    """The array of a file; errors as `read_npz`."""

    def read() -> NDArray[Any]:
        check_regular(path)
        found = np.lib.format.open_memmap(path, mode="r")  # refuses what the file is too short for
        _check_size(found.nbytes, limit)
        return np.array(found)

    return _tried(read)


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> NDArray[Any]:
    info = archive.getinfo(f"{name}.npy")
    _check_size(info.file_size, limit)
    found: NDArray[Any] = np.lib.format.read_array(io.BytesIO(archive.read(info)), allow_pickle=False)
    return found


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise ValueError(f"it contains an array of {size:,} bytes, and at most {limit:,} are read")


def _tried(read: Callable[[], T]) -> T:
    try:
        return read()
    except KeyError as error:
        raise ValueError(message(error).strip("'\"")) from error
    except (
        Exception
    ) as error:  # readers of zip archives and of NumPy's headers meet damage with errors of many kinds
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(message(error) or type(error).__name__) from error
