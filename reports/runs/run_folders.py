"""Run folders as people give them: one or several, as text or as paths."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

Runs = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def folders_of(runs: Runs) -> list[Path]:
    """The folders in order."""
    return [Path(runs)] if isinstance(runs, str | os.PathLike) else [Path(one) for one in runs]
