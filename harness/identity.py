"""Hashes of all that decides a result."""

import hashlib
import json
from collections.abc import Mapping


def identity(payload: Mapping[str, object]) -> str:
    """Sixteen hexadecimal digits of the SHA-256 of the payload as sorted JSON."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
