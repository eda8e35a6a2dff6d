"""What a Python user gives where another kind of value is meant: one sentence instead of a `TypeError` from inside."""

from __future__ import annotations

import os
from numbers import Integral
from pathlib import Path
from typing import Any

from prunebench.eval.errors import InputError

LONGEST = 60  # characters of a value that are shown


def told(value: object) -> str:
    """A value as messages show it."""
    said = " ".join(repr(value).split())
    return f"`{said if len(said) <= LONGEST else f'{said[:LONGEST]}…'}`"


def path_of(value: object, what: str, example: str) -> Path:
    """A path that a caller gave.

    Args:
        value: that was given.
        what: it names, "A run folder".
        example: of such a path.

    Raises:
        InputError: for what is no path.
    """
    if isinstance(value, str | os.PathLike):
        return Path(value)
    raise InputError(f"{what} is named by its path, such as `{example}`. Found {told(value)}.")


def check_module(model: object, what: str) -> None:
    """A model of torch, told without loading torch.

    Args:
        model: that was given.
        what: is computed for it, "Parameters are counted".

    Raises:
        InputError: for anything else.
    """
    if not hasattr(model, "state_dict") or isinstance(model, type):
        raise InputError(
            f"{what} for a torch module. Found {type(model).__name__}: read a file with "
            "`prunebench.harness.load_checkpoint`."
        )


def check_option(of: str, name: str, value: object, least: int, most: int | None = None) -> None:
    """An integer in a label, of at least so much and at most so much.

    Args:
        of: what the label names: "allocation `latency`".
        name, value: of the parameter.
        least, most: bounds; `None` for no upper one.

    Raises:
        InputError: for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= (most or value):
        bound = f"of at least {least}" if most is None else f"from {least} to {most:,}"
        raise InputError(f"Parameter `{name}` of {of} must be an integer {bound}. Found `{name} = {value}`.")


def check_integer(name: str, value: Any, least: int | None = None) -> None:
    """An integer of Python or NumPy, of at least so much.

    Raises:
        InputError: for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or (least is not None and value < least):
        bound = "" if least is None else f" of at least {least}"
        raise InputError(
            f"Parameter `{name}` must be an integer{bound}. Found `{name} = {told(value).strip('`')}`."
        )
