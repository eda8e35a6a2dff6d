"""Hashes of all that decides a result."""

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Encoded:
    """A value as sorted JSON already, for one that stands in many payloads."""

    text: str

    @classmethod
    def of(cls, value: object) -> "Encoded":
        """The encoding of a JSON value."""
        return cls(json.dumps(value, sort_keys=True, separators=(",", ":")))


def identity(payload: Mapping[str, object]) -> str:
    """Sixteen hexadecimal digits of the SHA-256 of the payload as sorted JSON."""
    parts = (f"{_scalar(key)}:{_text(payload[key])}" for key in sorted(payload))
    return hashlib.sha256(f"{{{','.join(parts)}}}".encode()).hexdigest()[:16]


def _text(value: object) -> str:
    if isinstance(value, Encoded):
        return value.text
    if value is None or isinstance(value, str | int | float):
        return _scalar(value)
    return Encoded.of(value).text


@functools.lru_cache(maxsize=4096, typed=True)
def _scalar(value: str | float | None) -> str:
    return json.dumps(value)
