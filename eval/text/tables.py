"""Cells of tables that others open: CSV in a spreadsheet, Markdown on a code host."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from prunebench.eval.text.plain import plain

FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
)  # a spreadsheet reads a cell that begins with one of these as a formula


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV with `\\n` as line end; texts as `csv_cell` gives them, numbers as they are."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([csv_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return stream.getvalue()


def csv_cell(text: str) -> str:
    """Plain text that a spreadsheet does not evaluate: a formula gets an apostrophe in front, a number stays."""
    found = plain(text)
    return f"'{found}" if found.startswith(FORMULA) and not _is_number(found) else found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def markdown(text: str) -> str:
    """Plain text in one line that Markdown shows as it is, in a cell of a table too."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", plain(text.replace("\n", " ")))


def markdown_sentence(text: str) -> str:
    """The same of a sentence in which names stand between backticks, which become code."""
    parts = plain(text.replace("\n", " ")).split("`")
    if len(parts) % 2 == 0:  # a backtick without its other one
        return markdown(text)
    return "".join(markdown_code(part) if at % 2 else markdown(part) for at, part in enumerate(parts))


def markdown_code(text: str) -> str:
    """A name as code, in a cell of a table too; a backtick in it becomes an apostrophe."""
    return f"`{plain(text).replace('`', chr(39)).replace('|', chr(92) + '|')}`"
