"""`fsd50k`: FSD50K by its own ground truth.

Fonseca et al., *FSD50K: An open dataset of human-labeled sound events*, TASLP 2022: 200 classes, 40,966 clips for
development with a column that says which validate, 10,231 for evaluation, 0.3 to 30 s long.
"""

from __future__ import annotations

from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.harness.data.dataset import DataSet
from prunebench.harness.data.options import DataOptions
from prunebench.harness.data.recordings.labelled_clips import LabelledRecordings, recorded_set
from prunebench.harness.tables.class_list import read_class_list
from prunebench.harness.tables.column_names import read_named

VERSION = 1  # raised when any clip changes
TRUTH, DEV, EVAL = "FSD50K.ground_truth", "FSD50K.dev_audio", "FSD50K.eval_audio"
SPLITS = {"train": "training", "val": "validation"}


def fsd50k(options: DataOptions) -> DataSet:
    """The set in the folder that the options name, each clip cut or padded to `seconds`.

    Raises:
        InputError: for a folder without the layout or a table that cannot be used; for a recording where
            `strict`.
    """
    root = Path(options.root or "").expanduser()
    for part in (TRUTH, DEV, EVAL):
        if not (root / part).is_dir():
            raise InputError(
                f"There is no folder `{root / part}`: set option `root` to the folder with `{TRUTH}`, `{DEV}` and "
                f"`{EVAL}`."
            )
    names = [listed.name for listed in read_class_list(root / TRUTH / "vocabulary.csv")]
    number = {name: at for at, name in enumerate(names)}
    dev, test = root / TRUTH / "dev.csv", root / TRUTH / "eval.csv"
    found = [
        _recording(dev, line, row, root / DEV, _split(dev, line, row["split"]), number)
        for line, row in read_named(dev, ("fname", "labels", "split"))
    ]
    found += [
        _recording(test, line, row, root / EVAL, "test", number)
        for line, row in read_named(test, ("fname", "labels"))
    ]
    return recorded_set(options, VERSION, found, names)


def _split(path: Path, line: int, found: str) -> str:
    if found not in SPLITS:
        raise InputError(f"`{path}`, line {line}: `split` must be train or val. Found `{found}`.")
    return SPLITS[found]


def _recording(
    path: Path, line: int, row: dict[str, str], folder: Path, split: str, number: dict[str, int]
) -> LabelledRecordings:
    name = row["fname"]
    if not name.isascii() or not name.isalnum():
        raise InputError(
            f"`{path}`, line {line}: `fname` must be the name of a clip without `.wav`, of letters and digits only. "
            f"Found `{name}`."
        )
    labels = [label.strip() for label in row["labels"].split(",")]
    unknown = [label for label in labels if label not in number]
    if unknown:
        raise InputError(
            f"`{path}`, line {line}: each label must be a class of `vocabulary.csv`. Found "
            f"{f'`{unknown[0]}`' if unknown[0] else 'an empty label'}."
        )
    return LabelledRecordings(
        name, f"{folder / name}.wav", split, tuple(number[label] for label in labels), name
    )
