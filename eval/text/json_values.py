"""Conversion to values that JSON can hold, which has neither nan nor infinity."""

from __future__ import annotations

import math
from typing import Any


def defined(value: Any) -> Any:
    """The value with `None` for each number that is not finite, and keys and sequences as JSON has them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_key(key): defined(item) for key, item in value.items()}
    return [defined(item) for item in value] if isinstance(value, list | tuple) else value


def _key(key: Any) -> Any:
    """A number as `json` writes it, which is how a key of JSON is a text."""
    return float.__repr__(key) if isinstance(key, float) else key
