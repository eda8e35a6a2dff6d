"""`folder`: own recordings and a table of file, labels and split."""

from __future__ import annotations

import hashlib
import os
import random
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from prunebench.eval.errors import InputError, nearest
from prunebench.harness.data.dataset import DataSet
from prunebench.harness.data.options import DataOptions
from prunebench.harness.data.recordings.labelled_clips import LabelledRecordings, recorded_set
from prunebench.harness.data.recordings.labels import USUAL, check_separated, numbers_of, split_labels
from prunebench.harness.data.recordings.on_disk import Names
from prunebench.harness.networks.audioset_classes import audioset_classes
from prunebench.harness.networks.class_names import class_list
from prunebench.harness.tables.column_names import read_named

VERSION = 1  # raised when any clip changes
COLUMNS = ("file", "labels", "split")
SOURCE = "source"  # a column that need not be there
SPLITS = {
    **dict.fromkeys(("training", "train"), "training"),
    **dict.fromkeys(("validation", "valid", "val"), "validation"),
    **dict.fromkeys(("test", "eval"), "test"),
}
_FOLDERS = re.compile(r"[/\\]")
LONG = 10_000  # rows of a table of which a few files are looked for first
LOOKED_AT = 1_000  # of them
VALIDATION = 0.1  # share of training sources where the table has no validation clips


class _Row(NamedTuple):
    line: int
    file: str
    labels: str
    split: str
    source: str


def own_recordings(options: DataOptions) -> DataSet:
    """The set of the table that the options name.

    Labels are separated by semicolons, or as `label_separator` says. Where no row validates, a tenth of the training
    sources, chosen by hash, does.

    Raises:
        InputError: for a folder or table that cannot be used, a source in two splits, labels that may be joined by
            another sign; for a recording where `strict`.
    """
    root = Path(options.root or "").expanduser()
    if not root.is_dir():
        raise InputError(f"There is no folder `{root}`: set option `root` to the folder of the recordings.")
    table = Path(options.table).expanduser() if options.table else root / "labels.csv"
    rows = [_row(table, line, cells) for line, cells in read_named(table, COLUMNS, (SOURCE,))]
    names = _classes(options, table, rows)
    number = {name: at for at, name in enumerate(names)}
    separator = options.label_separator or USUAL
    labels = {
        row.labels: numbers_of(split_labels(row.labels, separator), number, table, row.line) for row in rows
    }
    places = Names(root)
    _check_some_are_there(table, [row.file for row in rows], places)
    found = [
        LabelledRecordings(row.file, places.path(row.file), row.split, labels[row.labels], row.source)
        for row in rows
    ]
    del rows
    _check_together(table, found)
    return recorded_set(options, VERSION, _with_validation(found), names)


def _row(table: Path, line: int, cells: dict[str, str]) -> _Row:
    name, split = cells["file"], cells["split"].lower()
    if not name or os.path.isabs(name) or ".." in _FOLDERS.split(name) or "\0" in name:  # noqa: PTH117 - for speed
        raise InputError(
            f"`{table}`, line {line}: `file` must be a path within the folder of option `root`, written without this "
            f"folder and without `..`. Found {f'`{name}`' if name else 'an empty cell'}."
        )
    if split not in SPLITS:
        raise InputError(
            f"`{table}`, line {line}: `split` must be training, validation or test. Found `{split}`; "
            f"{nearest(split, dict.fromkeys(SPLITS.values()))}"
        )
    # Equal cells are kept once: a table may have a million rows.
    return _Row(line, name, sys.intern(cells["labels"]), SPLITS[split], sys.intern(cells.get(SOURCE) or name))


def _classes(options: DataOptions, table: Path, rows: list[_Row]) -> list[str]:
    listed = [] if options.classes is None else list(class_list(options.classes))
    cells = dict.fromkeys(row.labels for row in rows)
    if options.label_separator is None:
        check_separated(table, cells, set(listed) | {each.name for each in audioset_classes()})
    separator = options.label_separator or USUAL
    return listed or sorted({label for cell in cells for label in split_labels(cell, separator)})


def _check_some_are_there(table: Path, files: list[str], places: Names) -> None:
    """Look at a few files of a long table first: of a million that are all missing none has to be sought."""
    if len(files) < LONG:
        return
    few = [files[at] for at in sorted(random.Random(0).sample(range(len(files)), LOOKED_AT))]
    if not any(os.path.lexists(places.path(name)) for name in few):
        raise InputError(
            f"A table of recordings must name files in the folder `root`. None of {len(few):,} files drawn at random "
            f"from the {len(files):,} in `{table}` exists, for example `{few[0]}`: check `root`."
        )


def _check_together(table: Path, recordings: list[LabelledRecordings]) -> None:
    seen: set[str] = set()
    first: dict[str, LabelledRecordings] = {}
    for recording in recordings:
        if recording.name in seen:
            raise InputError(f"`{table}` must list each file once. Found `{recording.name}` twice.")
        seen.add(recording.name)
        other = first.setdefault(recording.source, recording)
        if other.split != recording.split:
            raise InputError(
                f"`{table}` must keep the clips of a source in one split. Found source `{recording.source}` in "
                f"{other.split} (`{other.name}`) and {recording.split} (`{recording.name}`)."
            )


def _with_validation(recordings: list[LabelledRecordings]) -> list[LabelledRecordings]:
    if any(recording.split == "validation" for recording in recordings):
        return recordings
    sources = {recording.source for recording in recordings if recording.split == "training"}
    order = sorted(sources, key=lambda source: hashlib.sha256(source.encode(errors="surrogatepass")).digest())
    chosen = set(order[: max(1, round(VALIDATION * len(order)))])
    return [
        replace(r, split="validation") if r.split == "training" and r.source in chosen else r
        for r in recordings
    ]
