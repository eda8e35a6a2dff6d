"""What `prunebench tag` prints or writes: a table, JSON or CSV."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from prunebench.cli.output import say
from prunebench.cli.printed.printing import check_printed, json_text
from prunebench.cli.streams import answer
from prunebench.eval.text.plain import plain
from prunebench.eval.text.tables import csv_text

FORMATS = ("table", "json", "csv")


class TagRow(NamedTuple):
    """One window: of which file (`None` live), where in seconds, and its classes with their scores, best first."""

    file: str | None
    start_s: float
    end_s: float
    classes: Sequence[tuple[str, float]]


Put = Callable[[TagRow], None]
Write = Callable[[str], None]


@contextlib.contextmanager
def row_sink(form: str, output: Path | None, *, live: bool) -> Iterator[Put]:
    """A call that takes one row after the other and prints it at once, or writes all of them to a file at the end.

    The file is whole or absent. JSON is one list of files; live it is one object a line.
    """
    written: list[str] = []
    rows: list[dict[str, object]] = []
    write: Write = (
        written.append if output else answer if form == "json" else lambda text: say(text, nl=False)
    )
    if form == "csv":
        yield _csv(write)
    elif form == "table":
        yield _table(write)
    elif live:
        yield _lines(write)
    else:
        files: dict[str | None, list[dict[str, object]]] = {}
        yield lambda row: files.setdefault(row.file, []).append(_window(row))
        rows = [{"file": file, "windows": found} for file, found in files.items()]
        write(json_text(rows, "tag") + "\n")
    if output:
        from prunebench.eval.files import write_text

        write_text(output, "".join(written))
    if form == "json" and not live:
        check_printed(rows, "tag")


def _lines(write: Write) -> Put:
    def put(row: TagRow) -> None:
        window = _window(row)
        write(json_text(window, "tag-live", indent=None) + "\n")
        check_printed(window, "tag-live")

    return put


def _window(row: TagRow) -> dict[str, object]:
    classes = [{"class": name, "score": round(score, 6)} for name, score in row.classes]
    return {"start_s": round(row.start_s, 3), "end_s": round(row.end_s, 3), "classes": classes}


def _csv(write: Write) -> Put:
    write("file,start_s,end_s,rank,class,score\n")

    def put(row: TagRow) -> None:
        span = (f"{row.start_s:.3f}", f"{row.end_s:.3f}")
        write(
            csv_text(
                [row.file or "", *span, rank, name, f"{score:.6f}"]
                for rank, (name, score) in enumerate(row.classes, 1)
            )
        )

    return put


def _table(write: Write) -> Put:
    last: str | None = None

    def put(row: TagRow) -> None:
        nonlocal last
        if row.file != last:
            last = row.file
            write(f"{plain(str(row.file))}\n")
        classes = " · ".join(f"{plain(name)} {score:.3f}" for name, score in row.classes) or "–"
        write(f"{row.start_s:8.1f} –{row.end_s:7.1f} s  {classes}\n")

    return put
