"""Recordings in files, decoded to clips of one length."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from prunebench.eval.cost.geometry import SAMPLE_RATE
from prunebench.eval.errors import InputError
from prunebench.harness.data.recordings.sound_file import open_sound

_MARGIN = 0.1  # seconds read beyond the clip, more than the resampler's filter reaches


def decode_recording(
    path: Path, samples: int, sample_rate: int = SAMPLE_RATE, *, start: float = 0.0
) -> NDArray[np.float32]:
    """A piece of a recording: channels averaged, resampled, cut or padded with zeros.

    Args:
        path: any format libsndfile reads.
        samples: length of the result.
        sample_rate: of the result.
        start: of the piece in the recording, in seconds.

    Returns:
        (samples,) in [-1, 1]; what lies beyond full scale, or overshoots when resampled, is clipped.

    Raises:
        InputError: naming the file, where it cannot be decoded.
    """
    with open_sound(path) as sound:
        rate = sound.rate
        if start:
            sound.skip_to(round(start * rate))
        blocks = list(sound.blocks(math.ceil((samples / sample_rate + _MARGIN) * rate)))
    if not blocks:
        raise InputError(f"Recording `{path}` is empty.")
    mono = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
    resampled = soxr.resample(mono, rate, sample_rate, quality="HQ") if rate != sample_rate else mono
    clip = np.zeros(samples, dtype=np.float32)
    kept = resampled[:samples]
    clip[: len(kept)] = kept
    return np.clip(clip, -1, 1, out=clip)
