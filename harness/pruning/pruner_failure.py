"""A pruner may be anyone's code: what it raises, in one sentence."""

from __future__ import annotations

import contextlib
import inspect
import traceback
from collections.abc import Iterator
from pathlib import Path

import torch

from prunebench.eval.text.foreign_code import foreign_code
from prunebench.eval.text.written_labels import written
from prunebench.pruners.contract import Pruner


@contextlib.contextmanager
def asked_of(pruner: Pruner, layer: str) -> Iterator[None]:
    """A block in which the pruner is asked about a layer.

    Raises:
        InputError: for any exception in it, with its place in the pruner's file; the exception is the cause.
    """
    must = f"Pruner `{written(pruner.label)}` must score layer {layer} without exceptions"
    dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    try:
        with foreign_code(must, lambda error: _place(pruner, error)):
            yield
    finally:  # what comes after shall not depend on what a pruner left behind
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)


def _place(pruner: Pruner, error: BaseException) -> str:
    """The last line of the pruner's own file that the exception passed through."""
    file = inspect.getsourcefile(type(pruner))
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f" (line {lines[-1]} of {Path(file).name})" if file and lines else ""
