"""Arrays in the npz archives of a run folder."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.files import whole_file
from prunebench.eval.run.archived import is_archive
from prunebench.eval.run.run_lines import FETCH_AGAIN
from prunebench.eval.text.arrays import read_npz


def read_arrays(path: Path, *names: str) -> list[NDArray[Any]]:
    """Arrays of an archive, by name; nothing in it is ever run.

    Raises:
        InputError: for a file that is no archive, is torn, or lacks one of them.
    """
    try:
        return read_npz(path, *names)
    except ValueError as error:
        way_out = FETCH_AGAIN.capitalize() if is_archive(path.parent.parent) else "Delete it and run again"
        held = " and ".join(f"`{name}`" for name in names)
        raise InputError(
            f"`{path}` must be an npz archive that contains {held}: {error!s:.100}. {way_out}."
        ) from error


def write_arrays(path: Path, **arrays: NDArray[Any]) -> None:
    """Write arrays as an npz archive, completely or not at all; the same arrays always give the same bytes."""
    with whole_file(path, follow=False) as stream, zipfile.ZipFile(stream, "w") as archive:
        for name, values in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # of 1980, and not of now
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w") as place:
                np.lib.format.write_array(place, np.ascontiguousarray(values), allow_pickle=False)
