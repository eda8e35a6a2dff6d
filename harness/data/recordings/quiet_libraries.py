"""Libraries of C kept from writing to standard error: libmpg123 tells of every damaged frame of an MP3."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_within = 0  # threads that want it quiet now
_kept: int | None = None  # the process's standard error meanwhile


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """While the block runs, what is written to the process's descriptor 2 is lost.

    Several threads may be inside at once: the first redirects the descriptor, the last restores it. The command line
    moves Python's own standard error to another descriptor beforehand, so that nothing of it is lost.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _within, _kept
    with _lock:
        _within += 1
        if _within > 1:
            return
        try:
            _kept = os.dup(2)
        except OSError:  # standard error is closed, and quiet already
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)


def _leave() -> None:
    global _within, _kept
    with _lock:
        _within -= 1
        if _within or _kept is None:
            return
        os.dup2(_kept, 2)
        os.close(_kept)
        _kept = None
