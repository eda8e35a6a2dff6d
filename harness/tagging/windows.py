"""Sound of any length as overlapping windows, in as much memory as one window takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.harness.data.recordings.sound_file import open_sound

SHORTEST = (
    1.0  # seconds that a window is asked for at least; a recording may be shorter, and models take any length
)
LONGEST = 60.0
BLOCK = 1.0  # seconds read at a time
TAIL = 0.05  # seconds: an end as short as what resampling adds gets no window of its own


class Window(NamedTuple):
    """A piece of sound: where it lies in seconds, and its samples, mono in [-1, 1]."""

    start_s: float
    end_s: float
    samples: NDArray[np.float32]


def check_spans(window_s: float, hop_s: float) -> None:
    """Refuse windows that a model cannot take, or that leave gaps.

    Raises:
        InputError: for a length outside `SHORTEST` … `LONGEST`, or a hop outside (0, length].
    """
    if not SHORTEST <= window_s <= LONGEST:
        raise InputError(
            f"A window must be {SHORTEST:g} to {LONGEST:g} s long. Found {window_s:g} s: use 10 s, the length of "
            "AudioSet's clips, on which taggers are trained."
        )
    if not 0 < hop_s <= window_s:
        raise InputError(
            "The hop must be above 0 and at most the length of a window, so that no sound is missed. Found a hop of "
            f"{hop_s:g} s and windows of {window_s:g} s."
        )


def recording_windows(path: Path, window_s: float, hop_s: float, rate: int) -> Iterator[Window]:
    """The windows of a recording; the last one ends with it, to `TAIL`, and a short recording is one window.

    Args:
        path: any format libsndfile reads; channels are averaged.
        window_s, hop_s: length of a window and distance of their beginnings, in seconds.
        rate: of the samples that are given, Hz.

    Raises:
        InputError: naming the file, where it cannot be decoded; whether it is whole, `check_recording` tells.
    """
    check_spans(window_s, hop_s)
    length, hop = round(window_s * rate), max(1, round(hop_s * rate))
    kept, begin, ended = np.empty(0, dtype=np.float32), 0, 0  # `kept` begins at sample `begin`
    for samples in _resampled(path, rate):
        kept = np.concatenate([kept, samples])
        while len(kept) >= length + (hop if ended else 0):
            start = hop if ended else 0
            kept, begin = kept[start:], begin + start
            ended = begin + length
            yield _window(kept[:length], begin, rate)
    total = begin + len(kept)
    if not total:
        raise InputError(f"Recording `{path}` is empty.")
    if total - ended > (TAIL * rate if ended else 0):
        begin = max(0, total - length)
        yield _window(kept[-length:], begin, rate)


def live_windows(
    read: Callable[[], NDArray[np.float32] | None],
    source_rate: int,
    window_s: float,
    hop_s: float,
    rate: int,
) -> Iterator[Window]:
    """The newest window of a stream, each time at least `hop_s` of new sound has come.

    Whoever is slower than the stream misses windows and does not fall behind. The first windows are as long as the
    stream so far, at least `SHORTEST`.

    Args:
        read: what came since it was called last, waiting for something; `None` at the end.
        source_rate: of what `read` gives, Hz.
        window_s, hop_s, rate: as `recording_windows` takes them.
    """
    check_spans(window_s, hop_s)
    length, hop = round(window_s * rate), max(1, round(hop_s * rate))
    resample = _resampler(source_rate, rate)
    kept, total, fresh = np.empty(0, dtype=np.float32), 0, 0
    while (block := read()) is not None:
        samples = resample(block, False)
        total, fresh = total + len(samples), fresh + len(samples)
        kept = np.concatenate([kept, samples])[-length:]
        if fresh >= hop and len(kept) >= min(length, round(SHORTEST * rate)):
            fresh = 0
            yield _window(kept, total - len(kept), rate)


def _window(samples: NDArray[np.float32], begin: int, rate: int) -> Window:
    return Window(begin / rate, (begin + len(samples)) / rate, np.clip(samples, -1, 1))


def _resampled(path: Path, rate: int) -> Iterator[NDArray[np.float32]]:
    with open_sound(path) as sound:
        resample = _resampler(sound.rate, rate)
        for mono in sound.blocks(at_once=round(BLOCK * sound.rate)):
            yield resample(mono, False)
        yield resample(np.empty(0, dtype=np.float32), True)


def _resampler(source: int, rate: int) -> Callable[[NDArray[np.float32], bool], NDArray[np.float32]]:
    """A call (samples, whether they are the last) → samples at the other rate; state goes on from call to call."""
    if source == rate:
        return lambda samples, last: samples
    stream = soxr.ResampleStream(source, rate, 1, dtype="float32", quality="HQ")
    return lambda samples, last: stream.resample_chunk(samples, last=last)
