"""Recordings in files, decoded to clips of one length."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.harness.networks.frontend import SAMPLE_RATE

SLOWEST, FASTEST = 1000, 768_000  # sampling rates, Hz
_STREAMED = 0xFFFFFF00  # a size that a writer to a pipe leaves, not knowing it
_TAIL = 1024  # frames
_MARGIN = 0.1  # seconds read beyond the clip, more than the resampler's filter reaches


def check_recording(path: Path) -> None:
    """Look at a file's header.

    Raises:
        InputError: naming the file, where it is absent, unreadable, empty or of an odd sampling rate.
    """
    if not path.is_file():  # a pipe of that name would be waited for
        raise InputError(f"A recording must be a file that libsndfile reads. Found no file `{path}`.")
    try:
        info = soundfile.info(path)
    except (OSError, soundfile.SoundFileError) as error:
        raise InputError(
            f"A recording must be a file that libsndfile reads. Found `{path}`: {error}"
        ) from error
    if info.frames < 1:
        raise InputError(f"A recording must hold sound. Found `{path}`, which is empty.")
    if not SLOWEST <= info.samplerate <= FASTEST:
        raise InputError(
            f"A recording must be sampled at {SLOWEST} to {FASTEST} Hz. "
            f"Found `{path}` at {info.samplerate} Hz: resample it."
        )


def check_whole(path: Path, seconds: float) -> None:
    """Look at a file's header and at the end of its first `seconds`: what `decode_recording` would pad in silence.

    Raises:
        InputError: naming the file, as `check_recording` does or where it is cut short.
    """
    check_recording(path)
    short = InputError(f"A recording must be whole. Found `{path}`, which is cut short.")
    with path.open("rb") as stream:
        head = stream.read(8)
        there = stream.seek(0, os.SEEK_END)
    stated = int.from_bytes(head[4:], "little") + 8
    if head[:4] == b"RIFF" and there < stated < _STREAMED:
        raise short
    try:
        with soundfile.SoundFile(path) as file:
            used = min(file.frames, round(seconds * file.samplerate))
            tail = min(used, _TAIL)
            file.seek(used - tail)
            if len(file.read(tail, np.float32)) < tail:
                raise short
    except (OSError, soundfile.SoundFileError) as error:
        raise InputError(
            f"A recording must be a file that libsndfile reads. Found `{path}`: {error}"
        ) from error


def decode_recording(path: Path, samples: int, sample_rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """The beginning of a recording: channels averaged, resampled, cut or padded with zeros.

    Args:
        path: any format libsndfile reads.
        samples: length of the result.
        sample_rate: of the result.

    Returns:
        (samples,) in [-1, 1]; what resampling lets overshoot is clipped.

    Raises:
        InputError: naming the file, where it cannot be decoded.
    """
    try:
        with soundfile.SoundFile(path) as file:
            rate: int = file.samplerate
            found = file.read(math.ceil((samples / sample_rate + _MARGIN) * rate), np.float32, always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise InputError(
            f"A recording must be a file that libsndfile reads. Found `{path}`: {error}"
        ) from error
    mono = found.mean(axis=1)
    if not len(mono) or not np.isfinite(mono).all():
        raise InputError(f"A recording must hold finite samples. Found `{path}`, which does not.")
    resampled = soxr.resample(mono, rate, sample_rate, quality="HQ") if rate != sample_rate else mono
    clip = np.zeros(samples, dtype=np.float32)
    kept = resampled[:samples]
    clip[: len(kept)] = kept
    return np.clip(clip, -1, 1, out=clip)
