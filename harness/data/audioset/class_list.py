"""Names of classes in the order of a model's outputs."""

from __future__ import annotations

import csv
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.harness.networks.audioset_classes import audioset_classes

FILE = "classes.csv"  # beside packed files, as `prunebench data audioset` leaves it
COLUMNS = ("index", "mid", "display_name")


def read_class_list(path: Path) -> list[tuple[str, str]]:
    """(id, name) of each class, from a table as AudioSet's `class_labels_indices.csv`.

    Raises:
        InputError: for a file that is no such table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
            if missing:
                raise InputError(
                    f"A list of classes must have the columns {', '.join(COLUMNS)}. "
                    f"`{path}` lacks {', '.join(missing)}."
                )
            found = [(str(row["index"]), str(row["mid"]), str(row["display_name"])) for row in rows]
    except OSError as error:
        raise InputError(
            f"A list of classes must be a file that can be read. `{path}`: {error.strerror}."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"A list of classes must be a CSV file in UTF-8. `{path}`: {error}.") from error
    if [index for index, _, _ in found] != [str(number) for number in range(len(found))] or not found:
        raise InputError(
            f"The column `index` of a list of classes must count from 0. That of `{path}` does not."
        )
    if len({mid for _, mid, _ in found}) < len(found):
        raise InputError(f"A list of classes must name each id once. `{path}` repeats one.")
    return [(mid, name) for _, mid, name in found]


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
            f"The list of classes must fit the packed files, which have {classes}. Found {len(found)} in `{path}`."
        )
    return tuple(name for _, name in found)
