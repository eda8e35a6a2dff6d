"""AudioSet's segment lists, and the recordings in a folder that belong to them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.harness.data.recordings.search import FOREIGN, SUFFIXES
from prunebench.harness.tables.rows import read_rows

LATEST = 1e6  # seconds: eleven days


@dataclass(frozen=True)
class Segment:
    """A clip of AudioSet.

    Args:
        youtube_id: of its video.
        start, end: seconds in the video.
        labels: numbers of its classes.
    """

    youtube_id: str
    start: float
    end: float
    labels: tuple[int, ...]

    @property
    def name(self) -> str:
        """As PANNs names it: `"Y--4gqARaEJE.wav"`."""
        return f"Y{self.youtube_id}.wav"

    @property
    def stems(self) -> tuple[str, ...]:
        """File names without suffix under which tools leave such a clip."""
        return (f"Y{self.youtube_id}", self.youtube_id, *self._stems_with_start)

    @property
    def _stems_with_start(self) -> tuple[str, ...]:
        milliseconds = f"{self.youtube_id}_{round(1000 * self.start)}"
        return (
            f"{self.youtube_id}_{self.start:.3f}",
            f"{self.youtube_id}_{self.start:.0f}_{self.end:.0f}",
            f"{self.youtube_id}_{self.start:.3f}_{self.end:.3f}",
            milliseconds,
            f"{milliseconds}_{round(1000 * self.end)}",
        )

    def starts(self, stem: str) -> bool:
        """Whether a file of this name begins where the clip does, by its name."""
        return stem in self._stems_with_start


def read_segments(path: Path, ids: Sequence[str]) -> list[Segment]:
    """The clips of a list as AudioSet publishes it: id, start, end, "id of a class,…"; `#` begins a comment.

    Args:
        path: `balanced_train_segments.csv`, say.
        ids: of the classes, `"/m/09x0r"`, in the order of a model's outputs.

    Raises:
        InputError: naming the row, for a table that is no such list or a label that is not among the classes.
    """
    number = {mid: at for at, mid in enumerate(ids)}
    rows = read_rows(path, lambda cells: len(cells) == 4, what="A list of segments")
    found = [_segment(path, row.cells, number) for row in rows if not row.cells[0].startswith("# ")]
    if not found:
        raise InputError(f"A list of segments must contain at least one clip. Found none in `{path}`.")
    seen: set[str] = set()
    for segment in found:
        if segment.youtube_id in seen:
            raise InputError(
                f"A list of segments must name each video once. Found `{segment.youtube_id}` twice in `{path}`."
            )
        seen.add(segment.youtube_id)
    return found


def _segment(path: Path, row: list[str], number: dict[str, int]) -> Segment:
    try:
        youtube_id, start, end, labels = row
        segment = Segment(youtube_id, float(start), float(end), ())
    except ValueError as error:
        raise InputError(
            'A list of segments must have rows of id, start, end and "classes". '
            f"Found `{', '.join(row)[:80]}` in `{path}`."
        ) from error
    if not 0 <= segment.start < segment.end <= LATEST:
        raise InputError(
            f"A segment must begin at 0 s or later, and end after its beginning and at {LATEST:,.0f} s at the latest. "
            f"Found {start} to {end} for `{youtube_id}` in `{path}`."
        )
    if not 1 <= len(youtube_id.encode()) <= 15 or set(youtube_id) & set("/\\\0"):
        raise InputError(
            f"The id of a video must have 1 to 15 bytes and no `/` or `\\`. Found `{youtube_id}` in `{path}`."
        )
    mids = [mid.strip() for mid in labels.split(",")]
    unknown = [mid for mid in mids if mid not in number]
    if unknown:
        raise InputError(
            f"Each label of a segment must be among the {len(number)} classes. Found `{unknown[0]}` for "
            f"`{youtube_id}` in `{path}`: give the list of classes that belongs to this segment list."
        )
    return Segment(segment.youtube_id, segment.start, segment.end, tuple(number[mid] for mid in mids))


def recordings_by_stem(folder: Path) -> dict[str, Path]:
    """Recordings anywhere below a folder, by file name without suffix; of equal names the first in order.

    Formats that libsndfile does not read are among them where there is no other, so that they are named as unreadable
    and not as absent.

    Raises:
        InputError: for a folder that is not there or holds no recording.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder `{folder}`: give the folder of the recordings.")
    found: dict[str, Path] = {}
    foreign: dict[str, Path] = {}
    for place, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            stem, suffix = os.path.splitext(file)  # noqa: PTH122 - a Path for each of two million is slow
            if suffix.lower() in SUFFIXES:
                found.setdefault(stem, Path(place, file))
            elif suffix.lower() in FOREIGN:
                foreign.setdefault(stem, Path(place, file))
    if not found:
        raise InputError(
            f"A folder to pack must contain recordings: {', '.join(sorted(SUFFIXES))}. Found none in `{folder}`."
        )
    return foreign | found


def recording_of(segment: Segment, recordings: dict[str, Path]) -> Path | None:
    """The recording of a segment, or `None`."""
    return next((recordings[stem] for stem in segment.stems if stem in recordings), None)
