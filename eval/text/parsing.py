"""JSON and TOML that may be anything: what cannot be read is a `ValueError` of one short sentence."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

_DEEP_KEY = re.compile(
    r"(?<![\w.'\"-])(?:[\w\-'\"]++[ \t]*+\.[ \t]*+){100}"
)  # a key of more than a hundred parts


def parsed_json(text: str | bytes) -> Any:
    """The value that a JSON text holds.

    Raises:
        ValueError: for a text that is none, is nested too deeply, or holds a number of too many digits.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def parsed_toml(text: str) -> dict[str, Any]:
    """The table that a TOML text holds.

    Raises:
        ValueError: as `parsed_json`, with the line where there is one.
    """
    if _DEEP_KEY.search(text):  # each part is a table of its own: 20,000 parts take a gigabyte
        raise ValueError("it is nested too deeply")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
