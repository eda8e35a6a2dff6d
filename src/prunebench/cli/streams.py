"""Standard output and error, made so that no name, library or reader that leaves ends a command."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import TextIO

# Marks of reports that would all be `?`, which is itself one of them.
IN_PLAIN_SIGNS = {
    "≈": "~", "−": "-", "–": "-", "—": "-", "…": "...", "·": "|", "×": "x", "Δ": "delta", "◆": "*", "◇": "o", "†": "+",
    "\N{NO-BREAK SPACE}": " ",
}  # fmt: skip
_DEGRADED = "prunebench.degraded"
_ANSWERS: list[Callable[[str], object]] = []  # writes an answer, within `answers_alone`


def _degraded(error: UnicodeError) -> tuple[str, int]:
    """What is written for characters that an encoding cannot say: a sign that it can, else `?`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(IN_PLAIN_SIGNS.get(sign, "?") for sign in lost), error.end


def prepare_streams() -> None:
    """Call once, before anything is printed.

    What the encoding of a stream cannot say becomes a plain sign or `?`, in any locale. Python's standard error moves
    to a descriptor of its own, so that libraries of C can be silenced by descriptor 2 while progress is shown. Warnings
    of libraries are not shown unless Python is asked for them (`-W`, `PYTHONWARNINGS`).
    """
    codecs.register_error(_DEGRADED, _degraded)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_DEGRADED)
    with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or not of the system
        if sys.stderr.fileno() == 2:
            sys.stderr = os.fdopen(
                os.dup(2), "w", buffering=1, encoding=sys.stderr.encoding, errors=_DEGRADED, newline=""
            )
    warnings.filterwarnings("ignore", append=True)


@contextlib.contextmanager
def answers_alone() -> Iterator[None]:
    """Within, standard output takes what `answer` writes and nothing else: all that is printed goes to standard error.

    That holds for libraries of C, for code of users (a criterion, a network) and for processes that are started here.
    """
    if _ANSWERS:
        yield
        return
    with contextlib.ExitStack() as stack:
        write = _to_descriptor(stack) or _to_stream(sys.stdout)
        stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        _ANSWERS.append(write)
        stack.callback(_ANSWERS.clear)
        yield


def answer(text: str) -> None:
    """Write what a program asked for to standard output, at once.

    Args:
        text: of ASCII characters, with its line ends.

    Raises:
        OSError: where that cannot be written.
    """
    (_ANSWERS[0] if _ANSWERS else _to_stream(sys.stdout))(text)


def _to_stream(stream: TextIO) -> Callable[[str], object]:
    def write(text: str) -> None:
        stream.write(text)
        stream.flush()

    return write


def _to_descriptor(stack: contextlib.ExitStack) -> Callable[[str], object] | None:
    """Standard output's own descriptor, moved: descriptor 1 is standard error meanwhile. `None` for another stream."""
    try:
        if sys.stdout.fileno() != 1:
            return None
        flush_output()
        kept = os.dup(1)
        os.dup2(2, 1)
    except (OSError, ValueError, AttributeError):  # not of the system, or standard error is closed
        return None

    def give_back() -> None:
        os.dup2(kept, 1)
        os.close(kept)

    def write(text: str) -> None:
        left = memoryview(text.encode("ascii"))
        while left:
            left = left[os.write(kept, left) :]

    stack.callback(give_back)
    return write


def flush_output() -> None:
    """Write what is still held for standard output.

    Raises:
        OSError: where that cannot be written.
    """
    sys.stdout.flush()


def give_up_output() -> None:
    """Drop what standard output still holds if it cannot be written, so that Python does not try again at its end."""
    try:
        flush_output()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
