"""Where a wrong value was given: which `--set`, or which line of which file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pydantic

from prunebench.eval.errors import InputError
from prunebench.harness.config.messages.toml_lines import line_of

QUOTES = "\"'"
Reading = Callable[[Sequence[str]], object]


def setting_of(overrides: Iterable[str], keys: Sequence[Sequence[str]], said: str) -> str | None:
    """The override that a sentence is about, the last of one key; `None` if it is about none.

    Args:
        overrides: as `--set` gave them.
        keys: that the sentence is about, as their parts, the most likely first.
        said: the sentence.
    """
    given = list(overrides)[::-1]  # the last of one key holds
    for key in filter(None, keys):
        for override in given:
            name, _, value = (part.strip() for part in override.partition("="))
            parts = name.split(".")
            # A mistake of a whole table is an override's where the sentence shows what that one gave.
            shows = (f"`{value.strip(QUOTES)}`", f"`{parts[-1]} = {value.strip(QUOTES)}`")
            if parts[: len(key)] == list(key) and any(shown in said for shown in shows):
                return override
            if list(key[: len(parts)]) == parts or (parts[: len(key)] == list(key) and len(key) > 1):
                return override
    return None


def introduced_by(read: Reading, overrides: Sequence[str], first: Mapping[str, Any]) -> str | None:
    """The override without which, and without those after it, an error is not there; `None` for one of the source.

    Args:
        read: reads a configuration with some of the overrides, and raises what pydantic raises.
        overrides: all that were given.
        first: the error, as pydantic tells it.
    """
    for count in range(len(overrides) + 1):
        try:
            read(overrides[:count])
        except pydantic.ValidationError as error:
            found = error.errors()[0]
            if (found["loc"], found["msg"]) == (first["loc"], first["msg"]):
                return overrides[count - 1] if count else None
        except InputError:  # another mistake, which a later override sets right
            continue
    return None


def line_in(source: str, text: str, keys: Sequence[Sequence[str]]) -> str:
    """The source and the line of the first of the keys that it has; the source alone if it has none."""
    for key in filter(None, keys):
        line = line_of(text, key)
        if line is not None:
            return f"{source}, line {line}"
    return source
