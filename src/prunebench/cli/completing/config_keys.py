"""Keys that `--set` takes, from a file that comes with the package: the configuration itself takes seconds to load.

`python docs/_config_keys.py` writes the file from the configuration; a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from prunebench.eval.errors import InputError, nearest
from prunebench.eval.text.inline_value import cut, setting_shown


@cache
def config_keys() -> Mapping[str, Mapping[str, Any]]:
    """Dotted key → `what` it is (empty where its name says that), `values` it may have, where these are few."""
    text = resources.files(__package__).joinpath("config_keys.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


def check_keys(overrides: Iterable[str]) -> None:
    """Refuse what no configuration has, in the words in which the configuration would, and at once.

    Args:
        overrides: as `--set` takes them; whatever needs a closer look passes.

    Raises:
        InputError: for an unknown key of a table that is known, with the nearest names.
    """
    known = config_keys()
    for override in overrides:
        key, equals, _ = override.partition("=")
        parts = key.strip().split(".")
        of_a_list = any(part.isdecimal() for part in parts[1:])  # which the configuration itself looks at
        if not equals or not all(part.strip() for part in parts) or of_a_list:
            continue
        for depth, name in enumerate(parts):
            table = ".".join(parts[:depth])
            valid = names_in(table)
            if not valid:
                break
            here = ".".join(parts[: depth + 1])
            if here not in known:
                raise InputError(
                    f"--set {setting_shown(override)}: Unknown key `{cut(here)}`; {nearest(name, valid)}"
                )


def names_in(table: str) -> list[str]:
    """Names of the keys of a table, `""` for the whole; none where it is no table."""
    before = f"{table}." if table else ""
    inside = [key.removeprefix(before) for key in config_keys() if key.startswith(before)]
    return [name for name in inside if "." not in name]
