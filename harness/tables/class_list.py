"""Names of classes in the order of a model's outputs: the one reader of such lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from prunebench.eval.errors import InputError
from prunebench.harness.tables.column_names import column_name
from prunebench.harness.tables.rows import Row, read_rows

COLUMNS = ("index", "mid", "display_name")  # of AudioSet's `class_labels_indices.csv`
MOST_BYTES = 1 << 22
_WHAT = "A list of classes"


class ListedClass(NamedTuple):
    """A class: its id in the tables of its data set, empty where the list has none, and the name that people read."""

    id: str
    name: str


def read_class_list(path: Path, *, ids: bool = False) -> list[ListedClass]:
    """The classes of a list, in the order of the outputs.

    Three forms are read: a table with the columns `index`, `mid` and `display_name`, as AudioSet's; rows of number,
    name and id without a heading, as FSD50K's; and one name a line. Where classes are numbered, the number says which
    output is theirs, wherever the row stands.

    Args:
        path: of the file.
        ids: whether each class must have an id.

    Raises:
        InputError: for a file that is no such list, whose numbers do not count from 0, or that names a class twice.
    """
    rows = list(read_rows(path, _table_row, what=_WHAT, most_bytes=MOST_BYTES))
    if not rows:
        raise InputError(f"{_WHAT} must name at least one class. `{path}` names none.")
    heading = list(map(column_name, rows[0].cells))
    if set(heading) & set(COLUMNS):
        found = _table(path, heading, rows[1:])
    elif all(_numbered(row.cells) for row in rows):
        found = [_numbered_class(row.cells) for row in rows]
    else:
        found = [(at, ListedClass("", row.cells[0])) for at, row in enumerate(_lines(path))]
    if not found:
        raise InputError(f"{_WHAT} must name at least one class. `{path}` has only a heading.")
    classes = _in_order(path, found)
    if ids and not all(listed.id for listed in classes):
        raise InputError(
            f"{_WHAT} for a segment list must have the columns {', '.join(COLUMNS)}. `{path}` does not have an id for "
            "every class."
        )
    for which in ("id", "name"):
        values = Counter(getattr(listed, which) for listed in classes)
        twice, times = values.most_common(1)[0]
        if twice and times > 1:
            raise InputError(
                f"{_WHAT} must contain each {which} once. `{path}` contains `{twice}` {times} times."
            )
    return classes


def _table_row(cells: Sequence[str]) -> bool:
    return "display_name" in map(column_name, cells) or _numbered(cells)


def _numbered(cells: Sequence[str]) -> bool:
    return len(cells) in (2, 3) and cells[0].isascii() and cells[0].isdigit() and len(cells[0]) < 10


def _numbered_class(cells: Sequence[str]) -> tuple[int, ListedClass]:
    number, *rest = cells
    rest.sort(key=lambda cell: cell.startswith("/"))  # ids do: `/m/09x0r`
    return int(number), ListedClass(rest[1] if len(rest) == 2 else "", rest[0])


def _lines(path: Path) -> list[Row]:
    """Whole lines: names hold commas."""
    rows = read_rows(path, lambda cells: False, what=_WHAT, most_bytes=MOST_BYTES, separator="\x1f")
    return list(rows)


def _table(path: Path, heading: list[str], rows: Sequence[Row]) -> list[tuple[int, ListedClass]]:
    if "display_name" not in heading:
        raise InputError(f"{_WHAT} must have the columns {', '.join(COLUMNS)}. `{path}` has no display_name.")
    found = []
    for at, row in enumerate(rows):
        cells = dict(zip(heading, row.cells, strict=False))
        number = cells.get("index", str(at))
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise InputError(
                f"`{path}`, line {row.line}: `index` must be a whole number from 0 to 999,999,999. Found `{number}`."
            )
        found.append((int(number), ListedClass(cells.get("mid", ""), cells.get("display_name", ""))))
    return found


def _in_order(path: Path, found: list[tuple[int, ListedClass]]) -> list[ListedClass]:
    by_number = dict(found)
    if sorted(by_number) != list(range(len(found))):
        raise InputError(
            f"The classes of {_WHAT.lower()} must be numbered 0, 1, 2 and so on. Those of `{path}` are not."
        )
    nameless = [number for number, listed in found if not listed.name]
    if nameless:
        raise InputError(f"{_WHAT} must name each class. `{path}` has no name for class {nameless[0]}.")
    return [by_number[number] for number in range(len(found))]
