"""One recording, open for reading: every verb decodes sound through this file."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.harness.data.recordings.quiet_libraries import quiet_libraries

SLOWEST, FASTEST = 1000, 768_000  # sampling rates, Hz
LOUDEST = 4.0  # 12 dB above full scale: floats beyond it are at the scale of integers
FLOATS = frozenset(("FLOAT", "DOUBLE"))  # codings that can hold samples outside [-1, 1]
_UNKNOWN = 2**63 - 1  # frames, by libsndfile
_BLOCK = 1 << 20  # samples of all channels decoded at a time: 4 MB


class Sound:
    """A recording that is open, at its first frame.

    Attributes:
        path: the file.
        rate: of its frames, Hz.
        frames: how many its header states.
        in_floats: whether samples may lie outside [-1, 1].
    """

    def __init__(self, path: Path, file: soundfile.SoundFile) -> None:
        self.path, self._file = path, file
        self.rate: int = file.samplerate
        self.frames: int = file.frames
        self.in_floats = file.subtype in FLOATS

    def blocks(self, frames: int | None = None, at_once: int | None = None) -> Iterator[NDArray[np.float32]]:
        """The next frames, channels averaged, as pieces (frames,).

        Args:
            frames: how many at most, by default all; the pieces end where the recording does.
            at_once: frames of a piece, by default as many as 4 MB hold.

        Raises:
            InputError: for what cannot be decoded, samples that are no numbers, or samples beyond `LOUDEST`.
        """
        left = sys.maxsize if frames is None else frames
        step = max(1, _BLOCK // self._file.channels)
        step = step if at_once is None else min(step, at_once)
        while left > 0:
            with _decoding(self.path):
                block = self._file.read(min(step, left), np.float32, always_2d=True)
            if not len(block):
                return
            self._check(block)
            left -= len(block)
            yield block.mean(axis=1)

    def skip_to(self, frame: int) -> None:
        """Go on at a frame; where a coding has no places to go to, what lies before it is decoded."""
        with _decoding(self.path):
            if self._file.seekable():
                self._file.seek(frame)
                return
        for _ in self.blocks(frame):
            pass

    def _check(self, block: NDArray[np.float32]) -> None:
        peak = float(np.abs(block).max())
        if not np.isfinite(peak):
            raise InputError(
                f"Recording `{self.path}` contains samples that are not finite (NaN or infinity): write it again."
            )
        if peak > LOUDEST:
            raise InputError(
                f"Samples of a recording must lie in [-1, 1], and only peaks up to {LOUDEST:g} are clipped. Found a "
                f"peak of {peak:,.6g} in `{self.path}`, as if its samples were integers: divide the samples by 32,768 "
                "if they were 16-bit, or normalise the file."
            )


@contextlib.contextmanager
def open_sound(path: Path) -> Iterator[Sound]:
    """A recording in any format that libsndfile reads.

    Raises:
        InputError: naming the file, where it is absent, no regular file, unreadable, empty or of an odd sampling rate.
    """
    try:
        is_file = path.is_file()
    except PermissionError as error:
        raise InputError(
            f"`{path}` cannot be opened ({error.strerror}): change the permissions of its folder."
        ) from None
    if not is_file:  # a pipe of that name would be waited for
        there = path.exists()
        raise InputError(
            f"`{path}` is not a file: give a recording." if there else f"There is no recording `{path}`."
        )
    with _decoding(path):
        # Bytes, since soundfile refuses names that are no text.
        file = soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else path)
    try:
        if file.frames < 1:
            raise InputError(f"Recording `{path}` is empty.")
        if file.frames == _UNKNOWN:
            raise InputError(
                f"Recording `{path}` does not state its length, perhaps because it was written to a pipe: "
                "convert it again, to a file."
            )
        if not SLOWEST <= file.samplerate <= FASTEST:
            raise InputError(
                f"A recording must be sampled at {SLOWEST} to {FASTEST} Hz. Found `{path}` at {file.samplerate} Hz: "
                "resample it."
            )
        yield Sound(path, file)
    finally:
        with quiet_libraries():
            file.close()


@contextlib.contextmanager
def _decoding(path: Path) -> Iterator[None]:
    """Calls of libsndfile: quiet, and whatever they raise in one sentence."""
    try:
        with quiet_libraries():
            yield
    # soundfile raises all of these for files that it does not understand.
    except (
        OSError,
        RuntimeError,
        ValueError,
        TypeError,
        AssertionError,
        MemoryError,
        OverflowError,
    ) as error:
        why = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
        if "File does not exist" in why and path.is_file():  # libsndfile's words for what is no MP3
            why = "it is damaged, or not a sound file"
        raise InputError(f"libsndfile cannot read recording `{path}`: {str(why).rstrip('.')}.") from error
