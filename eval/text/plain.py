"""Text without the signs that act on a terminal or that a file format forbids.

Names of criteria, classes, data sets and files come from plug-ins, archives and disks. A terminal obeys escape
sequences in them, XML has no place for most control characters, and marks of writing direction turn round what is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")
# Control characters, marks of direction, line and paragraph separators, halves of pairs, and what is no character.
_ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
_ACTING_IN_LINES = re.compile(_ACTING.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


def plain(text: str) -> str:
    r"""The text in one line, with `\x1b` and its like written out.

    .. math:: \text{plain}(\text{plain}(t)) = \text{plain}(t)
    """
    return text if text.isprintable() else _ACTING.sub(_written_out, text)


def plain_lines(text: str) -> str:
    """The same, with line ends and tabs left as they are."""
    return text if text.isprintable() else _ACTING_IN_LINES.sub(_written_out, text)


def plain_values(value: T) -> T:
    """Lists, tuples and mappings as JSON and TOML give them, with every text in them plain, keys too."""
    return _plain(value)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)(map(_plain, value))
    return value


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
