"""Lines of the logs in a run folder; one that cannot be read is answered with what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from prunebench.eval.logs import parsed_lines
from prunebench.eval.run.archived import stored
from prunebench.eval.run.layout import WAYS_OUT

T = TypeVar("T")
FETCH_AGAIN = "fetch the archive again"


def way_out_of(log: Path) -> str:
    """What to do about a line of a log that cannot be read; no run makes again what an archive lacks."""
    return FETCH_AGAIN if stored(log) != log else WAYS_OUT.get(log.name, "")


def run_lines(log: Path, parse: Callable[[str], T]) -> list[T]:
    """What `parse` makes of each whole line of a log of `RunFiles`; none where it is absent.

    In an archive the log is compressed.

    Raises:
        InputError: naming file and line, and what to do, for a line that cannot be parsed.
    """
    return parsed_lines(stored(log), parse, way_out_of(log))
