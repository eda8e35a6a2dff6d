"""The test clips of a data set, as a run folder keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.run.npz import read_arrays

OF_CLASSES = ("class_names",)  # the others are of clips


def read_targets(path: Path, *others: str) -> tuple[NDArray[np.bool_], list[NDArray[Any]]]:
    """Targets (clips, classes), and what else is asked for: `class_names` of the classes, `sources`, `names` of clips.

    Raises:
        InputError: for a file that cannot be read, or whose arrays do not fit each other.
    """
    targets, *found = read_arrays(path, "targets", *others)
    if targets.ndim != 2 or targets.dtype.kind not in "biuf":
        raise _other(path, f"targets of shape {targets.shape} and type {targets.dtype}")
    for name, values in zip(others, found, strict=True):
        wanted = targets.shape[name in OF_CLASSES]
        if values.shape != (wanted,):
            raise _other(path, f"`{name}` of shape {values.shape} beside targets of shape {targets.shape}")
    return targets.astype(bool), found


def _other(path: Path, what: str) -> InputError:
    return InputError(
        f"`{path}` must contain targets (clips, classes), a name for each class and clip. Found {what}: delete it "
        "and run again."
    )
