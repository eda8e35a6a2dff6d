"""Labels as people read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def written(label: str) -> str:
    """A label as a configuration writes it: `variance[fold=true]` for the `variance[fold=True]` of a record.

    Args:
        label: of a criterion or of what is written in the same way, alone or within other text.
    """
    return re.sub(r"(?<==)(True|False)(?=[,\]])", lambda truth: truth[0].lower(), label)


def written_values(value: Any) -> Any:
    """JSON or TOML values with every text as `written` gives it."""
    if isinstance(value, str):
        return written(value)
    if isinstance(value, Mapping):
        return {key: written_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(written_values, value))
    return value
