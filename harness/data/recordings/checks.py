"""What every verb checks of a recording before it is used."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from prunebench.eval.errors import InputError
from prunebench.harness.data.recordings.sound_file import Sound, open_sound

_HEAD = 28  # bytes that hold the sizes below
_UNKNOWN = 0x7FFFF000  # sizes from here on are what writers to a pipe leave, not knowing better
_TAIL = 1024  # frames
_OGG_PAGE = 65_307  # bytes at most


def check_recording(path: Path, seconds: float | None = None, *, tell_silence: bool = False) -> str | None:
    """Look at a recording's header, its size, and the end of the part in use; at every sample where they are floats.

    Args:
        path: any format libsndfile reads.
        seconds: of it that will be used, from the beginning; by default all.
        tell_silence: tell of a recording that fills less than a third of that.

    Returns:
        What decoding changes about its samples, or that silence fills most of the part in use; `None` where
        that is nothing.

    Raises:
        InputError: naming the file, where it is absent, unreadable, empty, cut short or at the scale of integers.
    """
    with open_sound(path) as sound:
        used = sound.frames if seconds is None else min(sound.frames, round(seconds * sound.rate))
        if _shorter_than_stated(path):
            raise _cut_short(path)
        short = None
        if tell_silence and seconds is not None and 3 * used < round(seconds * sound.rate):
            short = f"lasts {sound.frames / sound.rate:.3g} s and is filled with silence to {seconds:g} s"
        if sound.in_floats:
            return "; ".join(filter(None, (short, _scan(sound, used)))) or None
        tail = min(used, _TAIL)
        sound.skip_to(used - tail)
        if sum(map(len, sound.blocks(tail))) < tail:
            raise _cut_short(path)
    return short


def _scan(sound: Sound, used: int) -> str | None:
    found = beyond = 0
    for block in sound.blocks(used):
        found += len(block)
        beyond += int(np.count_nonzero(np.abs(block) > 1))
    if found < used:
        raise _cut_short(sound.path)
    exceed = "exceeds full scale and is clipped" if beyond == 1 else "exceed full scale and are clipped"
    return f"{beyond:,} of {used:,} samples {exceed}" if beyond else None


def _cut_short(path: Path) -> InputError:
    return InputError(f"Recording `{path}` is incomplete: copy or record it again.")


def _shorter_than_stated(path: Path) -> bool:
    """Whether a file has fewer bytes than its header states; libsndfile reads such a file without a word."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        if head[:4] == b"OggS":
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - _OGG_PAGE))
            return not _ends_stream(stream.read())
    stated = _stated_bytes(head)
    return stated is not None and path.stat().st_size < stated - 1  # writers leave out a last byte of padding


def _ends_stream(tail: bytes) -> bool:
    """Whether the last page of an Ogg file bears the sign of a stream's end (RFC 3533)."""
    page = tail.rfind(b"OggS")
    return page >= 0 and page + 5 < len(tail) and bool(tail[page + 5] & 4)


def _stated_bytes(head: bytes) -> int | None:
    """Bytes of the whole file by the headers of WAV, AIFF, AU, W64 and RF64; `None` where one states none."""
    kind = head[:4]
    if kind in (b"RIFF", b"RIFX", b"FORM"):
        size = int.from_bytes(head[4:8], "little" if kind == b"RIFF" else "big")
        return None if size >= _UNKNOWN else size + 8
    if kind == b".snd":
        size = int.from_bytes(head[8:12], "big")
        return None if size >= _UNKNOWN else size + int.from_bytes(head[4:8], "big")
    if kind == b"riff":
        return int.from_bytes(head[16:24], "little")
    if kind == b"RF64" and head[12:16] == b"ds64":
        return int.from_bytes(head[20:28], "little") + 8
    return None
