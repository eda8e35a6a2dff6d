"""A plug-in's code may raise anything, and it becomes one sentence; `prunebench.eval` has the same for the house."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

LONGEST = 300  # characters of a message that are shown


@contextlib.contextmanager
def foreign_code(must: str) -> Iterator[None]:
    """A block that runs a plug-in's code.

    Args:
        must: who ran and what it must do, as the first sentence of the message.

    Raises:
        ValueError: for whatever is raised, `SystemExit` and what cannot be printed too; it is the cause. Ctrl-C passes
            as it is.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ValueError(f"{must}. Found {raised(error)}.") from error


def raised(error: BaseException) -> str:
    """`KeyError: 'C7'`: the class and the message of an exception in one line, of any exception."""
    name, said = type(error).__name__, _message(error)
    return f"{name}: {said}" if said else name


def _message(error: BaseException) -> str:
    try:
        said = " ".join(str(error).split()).rstrip(".")
    except KeyboardInterrupt:
        raise
    except BaseException:  # its own `__str__` fails
        return "a message that cannot be printed"
    return said if len(said) <= LONGEST else f"{said[:LONGEST]} …"
