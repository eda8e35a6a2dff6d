"""A pruner may be anyone's code: what it raises, in one sentence."""

from __future__ import annotations

import contextlib
import inspect
import traceback
from collections.abc import Iterator
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.pruners.contract import Pruner


@contextlib.contextmanager
def asked_of(pruner: Pruner, layer: str) -> Iterator[None]:
    """A block in which the pruner is asked about a layer.

    Raises:
        InputError: for any exception in it, with its place in the pruner's file; the exception is the cause.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        said = " ".join(str(error).split())
        raise InputError(
            f"Pruner `{pruner.label}` must score layer {layer} without exceptions. "
            f"Found {type(error).__name__}: {said}{_place(pruner, error)}"
        ) from error


def _place(pruner: Pruner, error: Exception) -> str:
    """The last line of the pruner's own file that the exception passed through."""
    file = inspect.getsourcefile(type(pruner))
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f" (line {lines[-1]} of {Path(file).name})." if file and lines else "."
