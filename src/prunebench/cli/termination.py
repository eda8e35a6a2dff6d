"""SIGTERM, which batch systems and `kill` send, ends a command as Ctrl-C does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPED = 130  # exit code after Ctrl-C
TERMINATED = 128 + signal.SIGTERM


class Termination(KeyboardInterrupt):
    """SIGTERM arrived; whatever makes room for Ctrl-C makes room for it."""


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Within, SIGTERM raises `Termination` in the main thread; a second one ends the process at once."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:  # the caller has another way
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def stop_code(error: BaseException) -> int:
    """Exit code of a command that Ctrl-C or SIGTERM stopped; click wraps what it catches in an error of its own."""
    return (
        TERMINATED if isinstance(error, Termination) or isinstance(error.__cause__, Termination) else STOPPED
    )


def _terminate(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise Termination
