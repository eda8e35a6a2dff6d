"""Rows of a text table, separated by commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from prunebench.eval.errors import InputError
from prunebench.eval.files import opened_file

SEPARATORS = (",", ";", "\t")
MOST_BYTES = 1 << 29  # five times AudioSet's longest list
_SAMPLE = 1 << 16  # bytes that the separator is told from
_LOOKED_AT = 10  # rows of them


class Row(NamedTuple):
    """Cells without white space around them, and the number of the line they end in."""

    line: int
    cells: list[str]


def read_rows(
    path: Path,
    fits: Callable[[Sequence[str]], bool],
    *,
    what: str = "A table",
    most_bytes: int = MOST_BYTES,
    separator: str | None = None,
) -> Iterator[Row]:
    """Every row that is not empty, one by one.

    Args:
        path: a text file in UTF-8, with or without a byte order mark.
        fits: whether cells look like those of the table; the first separator that gives such a row among the first
            ones is taken, else a comma.
        what: the file is, for messages.
        most_bytes: it may have.
        separator: taken without a look at the rows.

    Raises:
        InputError: for a file that is missing, no regular file, too long or no such text.
    """
    try:
        with opened_file(path) as stream:
            size = path.stat().st_size
            if size > most_bytes:
                raise InputError(
                    f"{what} must have at most {most_bytes:,} bytes. Found {size:,} in `{path}`: give another file."
                )
            found = separator or _separator(stream.read(_SAMPLE), fits)
            stream.seek(0)
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
            rows = csv.reader(text, delimiter=found, skipinitialspace=True)
            for row in rows:
                cells = [cell.strip() for cell in row]
                if any(cells):
                    yield Row(rows.line_num, cells)
    except OSError as error:
        raise InputError(f"{what} must be a file that can be read. `{path}`: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{what} must be a CSV file in UTF-8. `{path}` is not ({error}): save it as CSV in UTF-8."
        ) from error


def read_column(path: Path) -> list[str]:
    """The first cell of every row."""
    return [row.cells[0] for row in read_rows(path, lambda cells: len(cells) > 1)]


def _separator(sample: bytes, fits: Callable[[Sequence[str]], bool]) -> str:
    text = sample.decode("utf-8-sig", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()][:_LOOKED_AT]
    for separator in SEPARATORS:
        rows = csv.reader(lines, delimiter=separator, skipinitialspace=True)
        if any(fits([cell.strip() for cell in row]) for row in rows):
            return separator
    return SEPARATORS[0]
