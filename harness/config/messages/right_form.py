"""How a value of a wrong type is written: a number without quotes, `yes` as `true`, text in quotes."""

from __future__ import annotations

import json
import math
import shlex
from typing import Any

from prunebench.eval.text.inline_value import inline

WHOLE, ANY, TRUTH, TEXT = "a whole number", "a number", "`true` or `false`", "text"

_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1"), "true"),
    **dict.fromkeys(("false", "no", "off", "0"), "false"),
}


def right_form(needed: str, found: Any, key: str | None) -> str:
    """What to write instead, with a colon before it; nothing where the value that was meant is not plain.

    Args:
        needed: `WHOLE`, `ANY`, `TRUTH` or `TEXT`.
        found: the value.
        key: dotted, if `--set` gave the value, since a shell takes the quotes of a text away.
    """
    written = _written(needed, found)
    if written and needed == TEXT and key is not None:
        written = f"--set {shlex.quote(f'{key}={written}')}"
    return f": write `{written}`" if written else ""


def number_in(text: str) -> int | float | None:
    """The number that a text shows, also in a form that TOML lacks (`.5`, `007`); `None` for another text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def _written(needed: str, found: Any) -> str:
    if needed == TRUTH and isinstance(found, str | int):
        return _BOOLEANS.get(str(found).strip().lower(), "")
    if needed in (WHOLE, ANY) and isinstance(found, str):
        number = number_in(found)
        plain = isinstance(number, int) or (
            isinstance(number, float) and math.isfinite(number) and needed == ANY
        )
        return inline(number) if plain else ""
    if needed == TEXT and isinstance(found, bool | int | float):
        return json.dumps(inline(found))
    return ""
