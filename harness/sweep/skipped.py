"""Clips that a run leaves out, and clips with a note, listed in its folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.eval.files import read_text, write_text
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.text.tables import csv_text
from prunebench.harness.data.dataset import DataSet
from prunebench.harness.data.told_clips import told_clips


def write_skipped(folder: Path, datasets: Sequence[DataSet]) -> int:
    """List what data sets skipped, with the reasons; no file where that is nothing. Gives how many."""
    rows = [(dataset.label, name, reason) for dataset in datasets for name, reason in dataset.skipped]
    _write(RunFiles(folder).skipped, ("data", "clip", "reason"), rows)
    return len(rows)


def write_notes(folder: Path, datasets: Sequence[DataSet]) -> int:
    """List the recordings of which something is told; no file where there are none. Gives how many."""
    rows = [(dataset.label, name, note) for dataset in datasets for name, note in dataset.noted]
    _write(RunFiles(folder).notes, ("data", "clip", "note"), rows)
    return len(rows)


def joined_lists(paths: Iterable[Path]) -> str:
    """The lists of several runs as one text, each row once; empty where no run has one.

    Raises:
        InputError: for a file that cannot be read.
    """
    rows = [row for path in paths if path.is_file() for row in _rows(path)]
    return csv_text(dict.fromkeys(rows))


def _rows(path: Path) -> list[tuple[str, ...]]:
    try:
        return [tuple(row) for row in csv.reader(io.StringIO(read_text(path), newline=""))]
    except (ValueError, csv.Error) as error:
        raise InputError(f"`{path}` cannot be read: {error}. Delete it and run again.") from error


def said_listed(path: Path, what: str) -> str | None:
    """How many clips such a list has, and why the first is in it; nothing where there is no list.

    Args:
        path: of the list.
        what: is true of them, as for `told_clips`.
    """
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    said = told_clips([(clip, why) for _, clip, why in rows], what)
    return said and f"{said} All are in `{path}`."


def _write(path: Path, heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    if rows:
        write_text(path, csv_text([heading, *rows]), follow=False)
