"""Names of a model's outputs."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.harness.networks.audioset_classes import audioset_classes
from prunebench.harness.networks.checkpoint import Checkpoint


def class_names(checkpoint: Checkpoint, labels: Path | None = None) -> tuple[str, ...]:
    """Names from a file, else those in the checkpoint, else AudioSet's for 527 outputs, else numbers.

    Args:
        checkpoint: the model.
        labels: one name a line, or a CSV with a column `display_name` as AudioSet's.

    Raises:
        InputError: for a file that cannot be read, or another number of names than outputs.
    """
    outputs = checkpoint.model.n_classes
    if labels is not None:
        names = _read(labels)
        if len(names) != outputs:
            raise InputError(
                f"A list of classes must have one name for each of the model's {outputs} outputs. Found {len(names)} "
                f"in `{labels}`."
            )
        return names
    if checkpoint.class_names is not None:
        return checkpoint.class_names
    if outputs == len(audioset_classes()):
        return tuple(found.name for found in audioset_classes())
    return tuple(f"class {number}" for number in range(outputs))


def check_classes(checkpoint: Checkpoint, names: Sequence[str], origin: str) -> None:
    """Refuse a data set whose classes are not those of a model, in the same order.

    Args:
        checkpoint: the model; its names are compared where it has any, else their number alone.
        names: of the data set's classes.
        origin: what the data set is called.

    Raises:
        InputError: naming the first class that differs.
    """
    own = checkpoint.class_names
    if checkpoint.model.n_classes != len(names):
        raise InputError(
            f"Model and data set must have the same classes. Found {checkpoint.model.n_classes} outputs and "
            f"{len(names)} classes of `{origin}`."
        )
    unequal = [index for index, name in enumerate(own or ()) if name != names[index]]
    if own is not None and unequal:
        first = unequal[0]
        raise InputError(
            f"Model and data set must have the same classes in the same order. {len(unequal)} differ: class {first} is "
            f"`{own[first]}` in the model and `{names[first]}` in `{origin}`."
        )


def _read(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"A list of classes must be a text file in UTF-8. Found `{path}`: {error}"
        ) from error
    if lines and "display_name" in lines[0].split(","):
        return tuple(row["display_name"] for row in csv.DictReader(lines))
    return tuple(line.strip() for line in lines if line.strip())
