"""Tables of text: CSV files in UTF-8, read with one sentence for what is wrong."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from prunebench.eval.errors import InputError


def read_rows(path: Path) -> list[list[str]]:
    """Every row that is not empty, cells stripped.

    Raises:
        InputError: for a file that cannot be read as CSV in UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [[cell.strip() for cell in row] for row in csv.reader(stream, skipinitialspace=True)]
    except OSError as error:
        raise InputError(f"A table must be a file that can be read. `{path}`: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"A table must be a CSV file in UTF-8. `{path}`: {error}.") from error
    return [row for row in rows if any(row)]


def read_column(path: Path) -> list[str]:
    """The first cell of every row."""
    return [row[0] for row in read_rows(path)]


def read_named(path: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """(line, cells by column) of a table with a heading.

    Raises:
        InputError: for a table that cannot be read, lacks a column or a cell, or has no rows.
    """
    rows = read_rows(path)
    heading = rows[0] if rows else []
    missing = [column for column in columns if column not in heading]
    if missing:
        raise InputError(
            f"`{path}` must have the columns {', '.join(columns)}. It lacks {', '.join(missing)}."
        )
    found = []
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(heading):
            raise InputError(
                f"`{path}`, row {line}, must have {len(heading)} cells, as its heading. Found {len(row)}: put "
                "text with commas between quotes."
            )
        found.append((line, dict(zip(heading, row, strict=True))))
    if not found:
        raise InputError(f"`{path}` must have at least one row below its heading. Found none.")
    return found
