"""Run folders as people give them: one or several, as text or as paths."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from prunebench.eval.text.given import path_of

Runs = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def folders_of(runs: Runs) -> list[Path]:
    """The folders in order.

    Raises:
        InputError: for what is no path.
    """
    listed = list(runs) if isinstance(runs, Iterable) and not isinstance(runs, str | os.PathLike) else [runs]
    return [path_of(one, "A run folder", "runs/quick") for one in listed]
