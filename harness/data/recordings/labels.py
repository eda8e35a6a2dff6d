"""Labels of a table's cells, and which sign separates them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from prunebench.eval.errors import InputError, nearest
from prunebench.harness.data.options import SEPARATORS

USUAL = ";"  # since names of AudioSet's classes hold commas


def split_labels(cell: str, separator: str = USUAL) -> list[str]:
    """Labels of a cell, without white space around them and without empty ones."""
    return [label for label in (part.strip() for part in cell.split(separator)) if label]


def check_separated(table: Path, cells: Iterable[str], known: Collection[str]) -> None:
    """Refuse a table whose labels may be joined by another sign than the usual one.

    A vertical bar is asked about wherever it stands, a comma where no cell holds a semicolon.

    Args:
        table: for the message.
        cells: of the column `labels`, distinct ones.
        known: names of classes, which may hold such signs.

    Raises:
        InputError: naming the first label and the option that answers the question.
    """
    cells = list(cells)
    usual = any(USUAL in cell for cell in cells)
    for sign in SEPARATORS:
        if sign == USUAL or (sign == "," and usual):
            continue
        for cell in cells:
            for label in split_labels(cell):
                if sign in label and label not in known:
                    raise InputError(
                        f"`{table}`: does the label `{label}` name one class or {label.count(sign) + 1}? Set "
                        f'`data.label_separator="{USUAL}"` for one, `data.label_separator="{sign}"` for several.'
                    )


def numbers_of(labels: Iterable[str], number: dict[str, int], table: Path, line: int) -> tuple[int, ...]:
    """Numbers of the classes of a row.

    Raises:
        InputError: for a label that is none of the classes.
    """
    found = []
    for label in labels:
        if label not in number:
            raise InputError(
                f"`{table}`, line {line}: labels must be among the classes. Found `{label}`; {nearest(label, number)}"
            )
        found.append(number[label])
    return tuple(found)
