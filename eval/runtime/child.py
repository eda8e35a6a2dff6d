"""A fresh process for one measurement: nothing that ran before is in its memory, caches or thread pools.

A new interpreter rather than `multiprocessing`: thread counts are set before any library reads them, and the
calling script is not run a second time.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import raised
from prunebench.eval.thread_variables import thread_variables

P = ParamSpec("P")
T = TypeVar("T")
OnStep = Callable[[int, int], None]  # (done, total)

MOST_THREADS = 1024  # OpenMP ends the process where it cannot start so many
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
    return _answer(threads, function, args, kwargs, None)


def in_child_by_steps(
    threads: int, on_step: OnStep | None, function: Callable[..., T], *args: object, **kwargs: object
) -> T:
    """As `in_child`, for a function that also takes `on_step` and calls it with (done, total) as it goes on.

    Args:
        threads: as for `in_child`.
        on_step: called in this process with what the child tells; `None` to be told nothing.
        function, args, kwargs: as for `in_child`.

    Raises:
        InputError, MeasurementError: as for `in_child`.
    """
    return _answer(threads, function, args, kwargs, on_step or (lambda done, total: None))


def _answer(
    threads: int,
    function: Callable[..., T],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    on_step: OnStep | None,
) -> T:
    if not 1 <= threads <= MOST_THREADS:
        raise InputError(
            f"Parameter `threads` must be at least 1 and at most {MOST_THREADS}. Found `threads = {threads}`."
        )
    environment = os.environ | thread_variables(threads)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    payload = _packed(function, args, kwargs, by_steps=on_step is not None)
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env=environment
        )
        with child:
            try:
                answer = _heard(child, payload, on_step)
            except BaseException:  # Ctrl-C too: the child does not outlive the call
                child.kill()
                raise
        said.seek(0)
        errors = said.read().decode(errors="replace").splitlines()
    if answer is None:
        last = (errors or ["was memory short?"])[-1]
        raise ProcessDied(
            f"The measuring process ended with exit code {child.returncode} before it answered: {last}"
        )
    succeeded, value = answer
    if not succeeded:
        raise MeasurementError(f"Measuring in a child process failed: {value}")
    result: T = value
    return result


def _heard(child: subprocess.Popen[bytes], payload: bytes, on_step: OnStep | None) -> tuple[bool, Any] | None:
    """What the child answers, `None` if it ends without; what it tells on its way goes to `on_step`."""
    assert child.stdin is not None
    assert child.stdout is not None
    with contextlib.suppress(BrokenPipeError), child.stdin:
        child.stdin.write(payload)
    while True:
        try:
            succeeded, value = pickle.load(child.stdout)
        except (EOFError, pickle.UnpicklingError):
            return None
        if succeeded is not None:
            return succeeded, value
        if on_step is not None:
            on_step(*value)


def _packed(
    function: Callable[..., object],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    *,
    by_steps: bool,
) -> bytes:
    for item in (function, *args, *kwargs.values()):
        if getattr(item, "__module__", None) == "__main__":
            raise InputError(
                f"What is measured must be importable from a module. Found `{item}` in the script that is run: "
                "move it to its own file and import it."
            )
    try:
        return pickle.dumps((function, args, kwargs, by_steps))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(
            f"What is measured must be importable from a module, not a lambda or a local function: {error}."
        ) from error


def serve() -> None:
    """The child's side: one call read from standard input, its steps and its answer written to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends this process
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a model prints does not mix with the answer

    def tell(done: int, total: int) -> None:
        pickle.dump((None, (done, total)), replies)
        replies.flush()

    try:
        function, args, kwargs, by_steps = pickle.load(sys.stdin.buffer)
        answer = (True, function(*args, **kwargs, **({"on_step": tell} if by_steps else {})))
    except (Exception, SystemExit) as error:
        answer = (False, raised(error))
    with replies:
        pickle.dump(answer, replies)
