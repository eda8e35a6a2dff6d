"""A value as TOML writes it in one line, for settings and for messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from typing import Any

SHOWN = 80  # characters of a value in a message


def inline(value: Any) -> str:
    """`true`, `"text"`, `[1, 2]`, `{a = 1}`."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(key)} = {inline(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    if isinstance(value, float | date | time):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def shown(value: Any) -> str:
    """The same for a message; of a long value the beginning and, of a list, the number of its entries."""
    text = inline(value)
    size = f" ({len(value):,} entries)" if len(text) > SHOWN and isinstance(value, list | tuple) else ""
    return f"{cut(text)}{size}"


def setting_shown(setting: str) -> str:
    """A setting `KEY=VALUE` for a message, of a long key or value the beginning."""
    return "=".join(cut(part) for part in setting.split("=", 1))


def cut(text: str) -> str:
    """A text for a message, of a long one the beginning."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN].rstrip(', ')} …"


def _key(key: object) -> str:
    text = str(key)
    bare = text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    return text if bare else json.dumps(text, ensure_ascii=False)
