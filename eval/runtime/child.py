"""A fresh process for one measurement: nothing that ran before is in its memory, caches or thread pools.

A new interpreter rather than `multiprocessing`: thread counts are set before any library reads them, and the
calling script is not run a second time.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import raised

P = ParamSpec("P")
T = TypeVar("T")

MOST_THREADS = 1024  # OpenMP ends the process where it cannot start so many
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_COMMAND = (sys.executable, "-P", "-c", "from prunebench.eval.runtime.child import serve; serve()")


class MeasurementError(RuntimeError):
    """A measurement failed; the message says why in one sentence."""


class ProcessDied(MeasurementError):
    """The process that measured ended without an answer: killed, or taken down by a library."""


def in_child(threads: int, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function returns in a fresh child process with a pinned number of threads.

    The function, its arguments and its answer travel by pickle. The child ends with the call in any case.

    Args:
        threads: of torch and its math libraries, from 1 to `MOST_THREADS`.
        function: importable by name from a module.
        args, kwargs: handed to it.

    Raises:
        InputError: if `threads` is out of its range or function and arguments cannot be sent.
        MeasurementError: if the function raises; `ProcessDied` if the child ends without an answer.
    """
    if not 1 <= threads <= MOST_THREADS:
        raise InputError(
            f"Parameter `threads` must be at least 1 and at most {MOST_THREADS}. Found `threads = {threads}`."
        )
    environment = os.environ | dict.fromkeys(_THREAD_VARIABLES, str(threads))
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    payload = _packed(function, args, kwargs)
    done = subprocess.run(_COMMAND, input=payload, capture_output=True, env=environment, check=False)
    if not done.stdout:
        last = (done.stderr.decode(errors="replace").splitlines() or ["was memory short?"])[-1]
        raise ProcessDied(
            f"The measuring process must live to answer. It ended with exit code {done.returncode}: {last}"
        )
    succeeded, value = pickle.loads(done.stdout)
    if not succeeded:
        raise MeasurementError(f"Measuring in a child process failed: {value}")
    result: T = value
    return result


def _packed(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> bytes:
    for item in (function, *args, *kwargs.values()):
        if getattr(item, "__module__", None) == "__main__":
            raise InputError(
                f"What is measured must be importable from a module. Found `{item}` in the script that is "
                "run: move it to a file of its own and import it."
            )
    try:
        return pickle.dumps((function, args, kwargs))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(
            f"What is measured must be importable from a module, not a lambda or a local function: {error}."
        ) from error


def serve() -> None:
    """The child's side: one call read from standard input, its answer written to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends this process
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a model prints does not mix with the answer
    try:
        function, args, kwargs = pickle.load(sys.stdin.buffer)
        answer = (True, function(*args, **kwargs))
    except (Exception, SystemExit) as error:
        answer = (False, raised(error))
    with replies:
        pickle.dump(answer, replies)
