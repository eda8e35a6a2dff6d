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


def run_lines(log: Path, parse: Callable[[str], T]) -> list[T]:
    """What `parse` makes of each whole line of a log of `RunFiles`; none where it is absent.

    In an archive the log is compressed.

    Raises:
        InputError: naming file and line, and what to do, for a line that cannot be parsed.
    """
    file = stored(log)
    return parsed_lines(file, parse, WAYS_OUT.get(file.name, FETCH_AGAIN if file != log else ""))
