"""JSON and TOML that may be anything: what cannot be read is a `ValueError` of one short sentence."""

from __future__ import annotations

import contextlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

# What tomllib says of keys that come twice, with tuples of Python in it → the same in words of TOML.
_TWICE = (
    (re.compile(r"^Cannot overwrite a value"), "a key is given twice"),
    (re.compile(r"^Cannot declare \(([^()]*?),?\) twice"), "table `{}` is declared twice"),
    (re.compile(r"^Cannot mutate immutable namespace \(([^()]*?),?\)"), "`{}` already has a value"),
    (re.compile(r"^Duplicate inline table key '(.*?)'(?= \()"), "key `{}` is given twice"),
)
_DEEP_KEY = re.compile(
    r"(?<![\w.'\"-])(?:[\w\-'\"]++[ \t]*+\.[ \t]*+){100}"
)  # a key of more than a hundred parts


class NotToml(ValueError):
    """A text that breaks the rules of TOML; one that nobody can hold is another `ValueError`."""


def parsed_json(text: str | bytes, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """The value that a JSON text holds.

    Args:
        text: of a file.
        pairs: key-value pairs of an object → its value, a dictionary where it is absent.

    Raises:
        ValueError: for a text that is none, is nested too deeply, or holds a number of too many digits.
    """
    with _in_own_words():
        return json.loads(text, object_pairs_hook=pairs)


def parsed_toml(text: str) -> dict[str, Any]:
    """The table that a TOML text holds.

    Raises:
        NotToml: for a text that is none, with the line where there is one.
        ValueError: as `parsed_json`.
    """
    if _DEEP_KEY.search(text):  # each part is a table of its own: 20,000 parts take a gigabyte
        raise ValueError("it is nested too deeply")
    with _in_own_words():
        return tomllib.loads(text)


@contextlib.contextmanager
def _in_own_words() -> Iterator[None]:
    """What Python says of depth and of long integers speaks of the interpreter, not of the file."""
    try:
        yield
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except tomllib.TOMLDecodeError as error:
        raise NotToml(_of_keys(str(error))) from error
    except ValueError as error:
        if "integer string conversion" not in str(error):
            raise
        raise ValueError("it contains a whole number with too many digits") from error


def _of_keys(said: str) -> str:
    for pattern, words in _TWICE:
        if found := pattern.match(said):
            parts = re.findall(r"'([^']*)'", "".join(found.groups())) or found.groups()
            return words.format(".".join(parts)) + said[found.end() :]
    return said
