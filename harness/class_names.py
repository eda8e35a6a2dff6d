"""Names of a model's outputs."""

from __future__ import annotations

import csv
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.harness.audioset_classes import audioset_classes
from prunebench.harness.checkpoint import Checkpoint


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
