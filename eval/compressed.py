"""Texts compressed to files: the same text gives the same bytes, and a file that unpacks to too much is refused."""

from __future__ import annotations

import lzma
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.eval.files import TEXT_LIMIT, opened_file, whole_file

SUFFIX = ".xz"
MEMORY_LIMIT = 1 << 28  # bytes that reading may take besides the text: a file says how many it needs
_PRESET = 9 | lzma.PRESET_EXTREME


def write_compressed(path: Path, text: str) -> None:
    """Write the text as an xz file, completely or not at all."""
    with whole_file(path, follow=False) as stream:
        stream.write(lzma.compress(text.encode(), preset=_PRESET))


def read_compressed(path: Path, *, limit: int = TEXT_LIMIT, errors: str = "strict") -> str:
    """The text of an xz file.

    Args:
        path: of the file.
        limit: bytes that the text may have.
        errors: of the decoding, as `bytes.decode` takes them.

    Raises:
        InputError: for something that is not a regular file or not an xz file, is cut short, or unpacks to more than
            `limit`.
        OSError, UnicodeDecodeError: for a file that cannot be read.
    """
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY_LIMIT)
    with opened_file(path) as stream:
        packed = stream.read(limit + 1)
    try:
        found = decompressor.decompress(packed, max_length=limit + 1)
    except lzma.LZMAError as error:
        raise InputError(
            f"`{path}` is not a file compressed with xz ({str(error)[:100].rstrip('.')}). Fetch the archive again."
        ) from error
    if len(found) > limit:
        raise InputError(
            f"`{path}` unpacks to more than {limit:,} bytes, the largest size that is read: fetch the archive again."
        )
    if not decompressor.eof:
        raise InputError(f"`{path}` is incomplete: fetch the archive again.")
    return found.decode(errors=errors)
