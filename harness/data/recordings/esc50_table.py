"""The table of a recorded data set, `meta/esc50.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from prunebench.eval.errors import InputError

COLUMNS = ("filename", "fold", "target", "category", "src_file")
SUBSET_COLUMN = "esc10"


@dataclass(frozen=True, order=True)
class Recording:
    """One row of the table: a file, its fold, its class and the longer recording it was cut from."""

    filename: str
    fold: int
    target: int
    category: str
    source: str


def read_table(path: Path, *, subset: bool) -> list[Recording]:
    """Rows of the table, sorted by file name.

    Args:
        path: a CSV file in UTF-8 with at least `COLUMNS`.
        subset: only rows whose column `esc10` is true.

    Raises:
        InputError: for a file that is absent or is not such a table, with the line where there is one.
    """
    needed = (*COLUMNS, SUBSET_COLUMN) if subset else COLUMNS
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            missing = [column for column in needed if column not in (rows.fieldnames or ())]
            if missing:
                raise InputError(
                    f"`{path}` must have the columns {', '.join(needed)}. It lacks {', '.join(missing)}."
                )
            found = [
                _recording(path, rows.line_num, row)
                for row in rows
                if not subset or str(row[SUBSET_COLUMN]).strip().lower() == "true"
            ]
    except OSError as error:
        raise InputError(f"The table `{path}` must be a file that can be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"`{path}` must be a CSV file in UTF-8: {error}.") from error
    _check_together(path, found, subset=subset)
    return sorted(found)


def _recording(path: Path, line: int, row: dict[str, str | None]) -> Recording:
    cells = {column: (row[column] or "").strip() for column in COLUMNS}
    empty = [column for column, cell in cells.items() if not cell]
    if empty:
        raise InputError(
            f"`{path}`, line {line}, must have a value in each column. It lacks {', '.join(empty)}."
        )
    for column in ("fold", "target"):
        if not (cells[column].isascii() and cells[column].isdigit()):
            raise InputError(
                f"`{path}`, line {line}: `{column}` must be an integer of at least 0. "
                f"Found `{cells[column]}`."
            )
    name = cells["filename"]
    if name in (".", "..") or any(character in name for character in "/\\:\0"):
        raise InputError(
            f"`{path}`, line {line}: `filename` must be the plain name of a file in `audio/`. Found `{name}`."
        )
    return Recording(name, int(cells["fold"]), int(cells["target"]), cells["category"], cells["src_file"])


def _check_together(path: Path, recordings: list[Recording], *, subset: bool) -> None:
    if not recordings:
        which = "row whose column `esc10` is true" if subset else "row"
        raise InputError(f"`{path}` must have at least one {which}. Found none.")
    categories: dict[int, str] = {}
    seen: set[str] = set()
    for recording in recordings:
        if recording.filename in seen:
            raise InputError(f"`{path}` must list each file once. Found `{recording.filename}` twice.")
        seen.add(recording.filename)
        category = categories.setdefault(recording.target, recording.category)
        if category != recording.category:
            raise InputError(
                f"`{path}` must give each target one category. Found `{category}` and `{recording.category}` "
                f"for target {recording.target}."
            )
    if len(set(categories.values())) < len(categories):
        repeated = next(c for c in categories.values() if list(categories.values()).count(c) > 1)
        raise InputError(f"`{path}` must give each category one target. Found several for `{repeated}`.")
