"""A limit on the time of a search that may not end."""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Iterator


class TimeIsUp(BaseException):
    """Raised in the thread that searches."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """A block that ends with `TimeIsUp` after so many seconds, at the next line of Python that it runs."""
    thread = threading.get_ident()
    lock, over = threading.Lock(), False

    def end() -> None:
        with lock:
            if not over:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TimeIsUp))

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            over = True
        timer.cancel()
