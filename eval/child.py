"""A fresh process for one measurement: nothing that ran before is in its memory, caches or thread pools."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import ParamSpec, TypeVar

from prunebench.eval.errors import InputError

P = ParamSpec("P")
T = TypeVar("T")

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class MeasurementError(RuntimeError):
    """A measurement failed; the message says why in one sentence."""


def in_child(threads: int, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function returns in a fresh child process with a pinned number of threads.

    The function, its arguments and its answer travel by pickle. The child is started by `spawn`, so a script
    that calls this needs the guard `if __name__ == "__main__":`. The child ends with the call in any case.

    Args:
        threads: of torch and its math libraries, at least 1.
        function: importable by name.
        args, kwargs: handed to it.

    Raises:
        InputError: if `threads` is below 1 or function and arguments cannot be sent.
        MeasurementError: if the function raises or the child dies.
    """
    if threads < 1:
        raise InputError(f"Parameter `threads` must be at least 1. Found `threads = {threads}`.")
    try:
        payload = pickle.dumps((function, args, kwargs))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(
            f"What is measured must be importable by name, not a lambda or a local function: {error}."
        ) from error
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(sender, payload, threads), daemon=True)
    try:
        process.start()
        sender.close()
        succeeded, answer = receiver.recv()
    except EOFError:
        process.join()
        raise MeasurementError(
            f"The measuring process must live to answer. It ended with exit code {process.exitcode}: free "
            'memory, or guard the calling script with `if __name__ == "__main__":`.'
        ) from None
    finally:
        receiver.close()
        if process.pid is not None:
            process.kill()
            process.join()
    if not succeeded:
        raise MeasurementError(f"Measuring in a child process failed: {answer}")
    result: T = answer
    return result


def _serve(sender: Connection, payload: bytes, threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends this process
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
    try:
        import torch  # after the variables are set, for its libraries read them once

        torch.set_num_threads(threads)
        function, args, kwargs = pickle.loads(payload)
        answer = (True, function(*args, **kwargs))
    except Exception as error:
        answer = (False, f"{type(error).__name__}: {error}")
    sender.send(answer)
