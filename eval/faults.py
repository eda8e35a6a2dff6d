"""Points where a test makes the process die, or its disk be full; nothing happens otherwise.

The environment variable `PRUNEBENCH_FAULT` names a file of three words: an action, a point and the end of a
file's name, `kill appended outcomes.jsonl`. The process that first reaches the point deletes the file and acts,
so a fault happens once, whichever process of a sweep meets it.

These points stand in the code that writes files, not in a test, because what they show (a sweep killed between a
write and its rename gives the records of an undisturbed one) must hold for the processes that users run, workers of
other interpreters included. Without the variable a point costs one comparison.
"""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

_FILE = os.environ.get("PRUNEBENCH_FAULT")


def reach(point: str, path: Path) -> None:
    """Say that the point is reached for a file; without a fault that waits for it, nothing.

    `kill` ends this process without warning, `tear` cuts the last three bytes of the file before, `full` raises the
    error of a full disk.
    """
    if _FILE is None:
        return
    try:
        action, wanted, name = Path(_FILE).read_text(encoding="utf-8").split()
        if point != wanted or not path.name.endswith(name):
            return
        Path(_FILE).unlink()
    except FileNotFoundError:  # it happened already
        return
    if action == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    if action == "tear":
        os.truncate(path, path.stat().st_size - 3)
    os.kill(os.getpid(), signal.SIGKILL)
