"""Ctrl-C and SIGTERM, which batch systems and `kill` send, end a command with a sentence and a code of their own."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOPPED = 130  # exit code after Ctrl-C
TERMINATED = 128 + signal.SIGTERM
SAME_REQUEST = 1.0  # seconds: `timeout` signals a process and then its group, which is one request to stop

_asked: float | None = None  # when the process was asked to stop


class Interruption(KeyboardInterrupt):
    """Ctrl-C arrived.

    Not a plain `KeyboardInterrupt`: if one has ever left code that was given to `exec` as text, as imports of libraries
    do, `python -m` kills itself with SIGINT at its end, whoever caught it.
    """


class Termination(KeyboardInterrupt):
    """SIGTERM arrived; whatever makes room for Ctrl-C makes room for it."""


@contextmanager
def ended_by_signals(*, for_good: bool = False) -> Iterator[None]:
    """Within, Ctrl-C raises `Interruption` and SIGTERM `Termination` in the main thread.

    A second signal ends the process at once, unless it belongs to the same request.

    Args:
        for_good: the process ends after this: what closes its files and workers is not interrupted any more.
    """
    global _asked
    ours = threading.current_thread() is threading.main_thread()
    usual: dict[signal.Signals, Any] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
    }
    taken = [number for number, handler in usual.items() if ours and signal.getsignal(number) == handler]
    _asked = None if taken else _asked  # where the caller has another way, it is kept
    try:
        for number in taken:
            signal.signal(number, _stop)
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_IGN if for_good else usual[number])


def stop_code(error: BaseException) -> int:
    """Exit code of a command that Ctrl-C or SIGTERM stopped; click wraps what it catches in an error of its own."""
    return (
        TERMINATED if isinstance(error, Termination) or isinstance(error.__cause__, Termination) else STOPPED
    )


def _stop(number: int, frame: FrameType | None) -> None:
    global _asked
    if _asked is None:
        _asked = time.monotonic()
        raise Termination if number == signal.SIGTERM else Interruption
    if time.monotonic() - _asked > SAME_REQUEST:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
