"""Arrays in the npz archives of a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.text.arrays import read_npz


def read_arrays(path: Path, *names: str) -> list[NDArray[Any]]:
    """Arrays of an archive, by name; nothing in it is ever run.

    Raises:
        InputError: for a file that is no archive, is torn, or lacks one of them.
    """
    try:
        return read_npz(path, *names)
    except ValueError as error:
        held = " and ".join(f"`{name}`" for name in names)
        raise InputError(
            f"`{path}` must be an npz archive that holds {held}: {error!s:.100}. Delete it and run again."
        ) from error
