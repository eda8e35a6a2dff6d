"""`folder`: own recordings and a table of file, labels and split."""

from __future__ import annotations

import hashlib
from pathlib import Path

from prunebench.eval.errors import InputError, nearest
from prunebench.harness.data.dataset import DataSet
from prunebench.harness.data.options import DataOptions
from prunebench.harness.data.recordings.csv_tables import read_named
from prunebench.harness.data.recordings.labelled_clips import Labelled, recorded_set

VERSION = 1  # raised when any clip changes
COLUMNS = ("file", "labels", "split")
SOURCE = "source"  # a column that need not be there
SPLITS = {
    **dict.fromkeys(("training", "train"), "training"),
    **dict.fromkeys(("validation", "valid", "val"), "validation"),
    **dict.fromkeys(("test", "eval"), "test"),
}
VALIDATION = 0.1  # share of training sources where the table has no validation clips


def labelled(options: DataOptions) -> DataSet:
    """The set of the table that the options name.

    Labels are separated by semicolons, since names of classes hold commas. Where no row validates, a tenth of
    the training sources, chosen by hash, does.

    Raises:
        InputError: for a folder or table that cannot be used; for a recording where `strict`.
    """
    root = Path(options.root or "").expanduser()
    if not root.is_dir():
        raise InputError(f"Option `root` must be a folder of recordings. Found none at `{root}`.")
    table = Path(options.table).expanduser() if options.table else root / "labels.csv"
    rows = read_named(table, COLUMNS)
    names = _classes(options, rows)
    number = {name: at for at, name in enumerate(names)}
    found = [_recording(table, line, row, root, number) for line, row in rows]
    seen: set[str] = set()
    for recording in found:
        if recording.name in seen:
            raise InputError(f"`{table}` must list each file once. Found `{recording.name}` twice.")
        seen.add(recording.name)
    return recorded_set(options, VERSION, _with_validation(found), names)


def _labels(row: dict[str, str]) -> list[str]:
    return [label for label in (part.strip() for part in row["labels"].split(";")) if label]


def _classes(options: DataOptions, rows: list[tuple[int, dict[str, str]]]) -> list[str]:
    if options.classes is None:
        return sorted({label for _, row in rows for label in _labels(row)})
    path = Path(options.classes).expanduser()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Option `classes` must be a text file in UTF-8. `{path}`: {error}.") from error
    names = [line.strip() for line in lines if line.strip()]
    if len(set(names)) < len(names) or not names:
        raise InputError(f"`{path}` must name each class once, one a line. It does not.")
    return names


def _recording(table: Path, line: int, row: dict[str, str], root: Path, number: dict[str, int]) -> Labelled:
    name, split = row["file"], row["split"].lower()
    if not name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise InputError(f"`{table}`, row {line}: `file` must lie in the folder `root`. Found `{name}`.")
    if split not in SPLITS:
        raise InputError(
            f"`{table}`, row {line}: `split` must be training, validation or test. Found `{split}`; "
            f"{nearest(split, SPLITS)}"
        )
    labels = _labels(row)
    unknown = [label for label in labels if label not in number]
    if unknown:
        raise InputError(
            f"`{table}`, row {line}: labels must be among the classes. Found `{unknown[0]}`; "
            f"{nearest(unknown[0], number)}"
        )
    source = row.get(SOURCE) or name
    return Labelled(name, root / name, SPLITS[split], tuple(number[label] for label in labels), source)


def _with_validation(recordings: list[Labelled]) -> list[Labelled]:
    if any(recording.split == "validation" for recording in recordings):
        return recordings
    sources = {recording.source for recording in recordings if recording.split == "training"}
    order = sorted(sources, key=lambda source: hashlib.sha256(source.encode()).digest())
    chosen = set(order[: max(1, round(VALIDATION * len(order)))])
    return [
        Labelled(r.name, r.path, "validation", r.labels, r.source)
        if r.split == "training" and r.source in chosen
        else r
        for r in recordings
    ]
