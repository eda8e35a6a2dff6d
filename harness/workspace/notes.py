"""Sentences that work leaves for the reader, from whatever process or machine does it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar

_gathered: ContextVar[list[str] | None] = ContextVar("_gathered", default=None)


def note(sentence: str) -> None:
    """Leave a sentence; outside of `gathered_notes` it is a warning of the log `prunebench`."""
    found = _gathered.get()
    if found is None:
        logging.getLogger("prunebench").warning(sentence)
    else:
        found.append(sentence)


@contextlib.contextmanager
def gathered_notes() -> Iterator[list[str]]:
    """A block whose notes are put into the list, those of this thread alone."""
    found: list[str] = []
    before = _gathered.set(found)
    try:
        yield found
    finally:
        _gathered.reset(before)
