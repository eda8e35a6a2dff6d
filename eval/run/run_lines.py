"""Lines of the logs in a run folder; one that cannot be read is answered with what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from prunebench.eval.logs import parsed_lines
from prunebench.eval.run.layout import WAYS_OUT

T = TypeVar("T")


def run_lines(log: Path, parse: Callable[[str], T]) -> list[T]:
    """What `parse` makes of each whole line of a log of `RunFiles`; none where it is absent.

    Raises:
        InputError: naming file and line, and what to do, for a line that cannot be parsed.
    """
    return parsed_lines(log, parse, WAYS_OUT.get(log.name, ""))
