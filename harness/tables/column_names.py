"""Tables whose heading names their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.harness.tables.rows import read_rows


def read_named(
    path: Path, columns: Sequence[str], optional: Sequence[str] = (), *, what: str = "A table"
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column) of a table with a heading, row by row; other columns are not looked at.

    Names of columns count without regard to case and to white space around them. Empty cells beyond the heading, as
    spreadsheets write them, are dropped.

    Args:
        path: of the file.
        columns: that must be there, in lower case.
        optional: that may be there, in lower case.
        what: the file is, for messages.

    Raises:
        InputError: for a table that cannot be read, lacks a column or a cell, names a column twice or has no rows.
    """

    def fits(cells: Sequence[str]) -> bool:
        return set(columns) <= set(map(column_name, cells))

    rows = read_rows(path, fits, what=what)
    heading = next(rows, None)
    names = list(map(column_name, heading.cells)) if heading else []
    missing = [column for column in columns if column not in names]
    if missing:
        raise InputError(
            f"`{path}` must have the columns {', '.join(columns)}. It lacks {', '.join(missing)}."
        )
    place = {column: names.index(column) for column in (*columns, *optional) if column in names}
    twice = [column for column in place if names.count(column) > 1]
    if twice:
        raise InputError(
            f"`{path}` must have the column `{twice[0]}` once. Found it {names.count(twice[0])} times."
        )
    empty = True
    for line, cells in rows:
        empty = False
        if len(cells) < len(names) or any(cells[len(names) :]):
            way = (
                "add the missing cells"
                if len(cells) < len(names)
                else "put text that contains the separator between quotes"
            )
            raise InputError(
                f"`{path}`, line {line}, must have {len(names)} cells, as its heading has. Found {len(cells)}: {way}."
            )
        yield line, {column: cells[at] for column, at in place.items()}
    if empty:
        raise InputError(f"`{path}` must have at least one row below its heading. Found none.")


def column_name(cell: str) -> str:
    """A cell of a heading without regard to case, white space and byte order marks around it."""
    return cell.strip("\ufeff \t\u00a0").casefold()
