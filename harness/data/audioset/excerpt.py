"""Where a clip of AudioSet begins in its recording: an excerpt is taken whole, a longer recording is cut."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from prunebench.eval.errors import InputError
from prunebench.harness.data.audioset.segments import Segment
from prunebench.harness.data.recordings.sound_file import open_sound

SLACK = 1.0  # seconds by which tools that cut excerpts miss their length


class Excerpt(NamedTuple):
    """The piece of a recording that is a clip.

    Args:
        start, seconds: of the piece in the recording.
        said: what was done, where the piece is not the recording's beginning.
    """

    start: float
    seconds: float
    said: str | None = None


def excerpt_of(segment: Segment, path: Path, seconds: float) -> Excerpt:
    """The piece of a recording that belongs to a segment.

    A file whose name gives the segment's start begins there. Any other that is longer than the segment, by more than
    `SLACK`, is taken for the whole recording.

    Args:
        segment: the clip.
        path: its recording.
        seconds: of a clip at most.

    Raises:
        InputError: for a recording that is longer than the segment and ends before it begins, or cannot be read.
    """
    with open_sound(path) as sound:
        length = sound.frames / sound.rate
    if segment.starts(path.stem) or length <= max(seconds, segment.end - segment.start) + SLACK:
        return Excerpt(0.0, seconds)
    if length <= segment.start:
        raise InputError(
            f"A recording must be the excerpt of {segment.end - segment.start:g} s that the segment list asks for, or "
            f"contain it. `{path}` has {length:.1f} s and ends before this excerpt begins, at {segment.start:g} s: "
            "fetch the recording again."
        )
    piece = min(seconds, segment.end - segment.start)
    return Excerpt(segment.start, piece, f"cut at {segment.start:g} s out of {length:.1f} s")
