"""How far a sweep is, in a small file that other terminals read."""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import psutil

from prunebench.eval.files import read_text, write_text
from prunebench.eval.text.parsing import parsed_json
from prunebench.eval.text.strict import STRICT, check_form
from prunebench.harness.engine.progress import SCHEMA, News, Progress

LAST_TIME = 1e10  # seconds since 1970, in the year 2286
LOST = 3600.0  # seconds after which a run on another machine that gave no sign counts as gone


class ProgressFile:
    """A display that keeps the state in a small file, whole or absent, for other terminals."""

    INTERVAL = 1.0  # seconds between two writes

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = 0.0

    def show(self, progress: Progress, news: News | None) -> None:
        """Write the state, at most once an interval."""
        if time.monotonic() - self._last >= self.INTERVAL:
            self._last = time.monotonic()
            with contextlib.suppress(OSError):  # a full disk stops what matters, not this
                write_text(self._path, progress.to_json(), durable=False, follow=False)

    def __enter__(self) -> ProgressFile:
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the file: no sweep is running any more."""
        self._path.unlink(missing_ok=True)


@dataclass(frozen=True)
class _PhaseForm:
    __pydantic_config__: ClassVar = STRICT

    total: int
    done: int
    failed: int
    left: int
    share: float = 0.0  # earlier versions wrote none


@dataclass(frozen=True)
class _PieceForm:
    __pydantic_config__: ClassVar = STRICT

    title: str
    share: float
    started: float


@dataclass(frozen=True)
class _ProgressForm:
    __pydantic_config__: ClassVar = STRICT

    host: str
    process: int
    started: float
    updated: float
    phases: Mapping[str, _PhaseForm]
    running: Sequence[_PieceForm]
    seconds_left: float | None
    last_test_map: float | None


def read_progress(path: Path) -> dict[str, Any] | None:
    """The state in a file, or `None` where no process that lives keeps one that this version reads."""
    try:
        text = read_text(path)
        found = parsed_json(text)
        if not isinstance(found, dict) or found.get("schema_version") != SCHEMA:
            return None
        check_form(found, text, _ProgressForm)
    except (OSError, ValueError):
        return None
    times = (found["started"], found["updated"], found.get("seconds_left") or 0.0)
    if not all(0 <= value < LAST_TIME for value in times):
        return None
    if found["host"] == platform.node():
        return found if _lives(found["process"], found["started"]) else None
    return found if time.time() - found["updated"] < LOST else None


def _lives(process: int, since: float) -> bool:
    """Whether the process is there and not a later one of the same number."""
    try:
        return float(psutil.Process(process).create_time()) <= since
    except (psutil.Error, OverflowError, ValueError):
        return False
