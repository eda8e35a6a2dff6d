"""The table of a recorded data set, `meta/esc50.csv`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.harness.tables.column_names import read_named

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
    found = [
        _recording(path, line, row)
        for line, row in read_named(path, needed)
        if not subset or row[SUBSET_COLUMN].lower() == "true"
    ]
    _check_together(path, found, subset=subset)
    return sorted(found)


def _recording(path: Path, line: int, cells: dict[str, str]) -> Recording:
    empty = [column for column in COLUMNS if not cells[column]]
    if empty:
        raise InputError(
            f"`{path}`, line {line}, must have a value in each column. It lacks {', '.join(empty)}."
        )
    for column in ("fold", "target"):
        if not (cells[column].isascii() and cells[column].isdigit() and len(cells[column]) < 10):
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
                f"`{path}` must give each target a single category. Found `{category}` and `{recording.category}` "
                f"for target {recording.target}."
            )
    if len(set(categories.values())) < len(categories):
        repeated = next(c for c in categories.values() if list(categories.values()).count(c) > 1)
        raise InputError(f"`{path}` must give each category a single target. Found several for `{repeated}`.")
