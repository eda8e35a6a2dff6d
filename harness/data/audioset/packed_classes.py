"""Names of the classes of packed files."""

from __future__ import annotations

from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.harness.networks.audioset_classes import audioset_classes
from prunebench.harness.tables.class_list import read_class_list

FILE = "classes.csv"  # beside packed files, as `prunebench data audioset` leaves it


def class_names(root: Path, classes: int) -> tuple[str, ...]:
    """Names of the classes of packed files under `root`: from `classes.csv` there, else AudioSet's or numbers.

    Raises:
        InputError: where that list has another number of classes than the packed files.
    """
    path = root / FILE
    if not path.is_file():
        if classes == len(audioset_classes()):
            return tuple(known.name for known in audioset_classes())
        return tuple(f"class {number}" for number in range(classes))
    found = read_class_list(path)
    if len(found) != classes:
        raise InputError(
            f"`{path}` must name the {classes} classes of the packed files. Found {len(found)}: put the list there "
            "with which the files were packed."
        )
    return tuple(listed.name for listed in found)
