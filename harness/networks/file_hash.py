"""The SHA-256 of a file, which tells one content from another."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def kept_hash(path: Path) -> str:
    """The same, for a file that is asked for often: it is read again only where its size or time changed."""
    found = path.stat()
    return _kept(path, found.st_size, found.st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _kept(path: Path, size: int, changed: int) -> str:
    return file_hash(path)
