"""Code of others: pruners, measures, networks and data sets may raise anything, and it becomes one sentence.

Every place that runs such code does so inside `foreign_code`. `prunebench.pruners`, which knows nothing of this room,
has the same for its own loader (`pruners/foreign_pruner.py`), and one test holds both.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from prunebench.eval.errors import InputError
from prunebench.eval.text.plain import plain

LONGEST = 300  # characters of a message that are shown


@contextlib.contextmanager
def foreign_code(
    must: str, place: Callable[[BaseException], str] = lambda error: "", *, loading: bool = False
) -> Iterator[None]:
    """A block that runs code of others.

    Args:
        must: who ran and what it must do, as the first sentence of the message: ``Pruner `mine` must load``.
        place: exception → where it was raised, put behind the message.
        loading: whether an `InputError` is of the code that is loaded, and not of this house about what it returned.

    Raises:
        InputError: for whatever is raised, `SystemExit` and what cannot be printed too; it is the cause. An
            `InputError` passes as it is unless `loading`, and Ctrl-C always.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, InputError) and not loading:
            raise
        raise InputError(f"{must}. Found {raised(error).rstrip('.')}{place(error)}.") from error


def raised(error: BaseException) -> str:
    """`KeyError: 'C7'`: the class and the message of an exception in one line, of any exception."""
    name, said = type(error).__name__, message(error)
    return f"{name}: {said}" if said else name


def message(error: BaseException) -> str:
    """The message of an exception in one plain line, cut where it is long and others wrote it; of any exception."""
    try:
        said = " ".join(str(error).split())
    except KeyboardInterrupt:
        raise
    except BaseException:  # its own `__str__` fails
        return "a message that cannot be printed"
    said = plain(said)
    return said if len(said) <= LONGEST or isinstance(error, InputError) else f"{said[:LONGEST]} …"
