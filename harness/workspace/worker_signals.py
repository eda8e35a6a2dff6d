"""Worker processes and their parent: Ctrl-C is the parent's to handle, which ends its workers, and takes them along."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

MASKS = hasattr(signal, "pthread_sigmask")  # not on Windows
SILENT_TRACKER = "ignore:resource_tracker:UserWarning"


@contextmanager
def starting_workers() -> Iterator[None]:
    """Within, a process that starts does not hear Ctrl-C, from its first instruction until it calls `leave_to_parent`.

    A Ctrl-C or SIGTERM that this process gets within takes effect at the end: no worker is left half started. That is
    so in the main thread alone, which is the only one that signals interrupt.
    """
    heard: list[int] = []
    before: dict[int, Any] = {}
    mask = None
    try:
        if threading.current_thread() is threading.main_thread():
            for request in (signal.SIGINT, signal.SIGTERM):
                if callable(signal.getsignal(request)):
                    before[request] = signal.signal(request, lambda number, frame: heard.append(number))
        _start_tracker()  # before the signal is blocked, because that would unblock it
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if MASKS else None
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number in dict.fromkeys(heard):
            signal.raise_signal(number)


def leave_to_parent() -> None:
    """Call first in a worker: from now on Ctrl-C does nothing here, and processes that it starts may hear it again."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if MASKS:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def leave_with_parent() -> None:
    """Call in a worker: it ends with the process that started it, even if that is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _start_tracker() -> None:
    """Start the process that frees semaphores if this one is killed, and let it do so without a word."""
    if os.name == "nt":
        return
    name = "PYTHONWARNINGS"
    given = os.environ.get(name)
    os.environ[name] = ",".join(filter(None, (given, SILENT_TRACKER)))
    try:
        resource_tracker.ensure_running()
    finally:
        if given is None:
            del os.environ[name]
        else:
            os.environ[name] = given
