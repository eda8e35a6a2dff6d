"""A segment list and a folder of recordings into the packed files and the index of PANNs' workspace."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from prunebench.eval.errors import InputError
from prunebench.eval.files import write_text
from prunebench.eval.text.tables import csv_text
from prunebench.harness.data.audioset.index import INDEXES, WAVEFORMS, write_index
from prunebench.harness.data.audioset.packed_classes import FILE
from prunebench.harness.data.audioset.packing import PackedPart, pack
from prunebench.harness.data.audioset.segments import Segment, read_segments, recording_of, recordings_by_stem
from prunebench.harness.networks.audioset_classes import audioset_classes
from prunebench.harness.tables.class_list import COLUMNS, ListedClass, read_class_list

PER_FILE = 50_000  # clips of a list in one packed file, as in PANNs


@dataclass(frozen=True)
class Packing:
    """What was packed.

    Args:
        name: name of the set.
        listed, packed, absent, unreadable: number of such clips.
        cut: number of packed clips that were cut out of longer recordings.
        clipped: number of packed clips of which samples beyond full scale were clipped.
        index: file that lists the packed ones.
        missing: file that lists the others, each with the reason.
        changed: file that lists the clips that were cut or clipped, each with what was done; `None` without any.
    """

    name: str
    listed: int
    packed: int
    absent: int
    unreadable: int
    cut: int
    clipped: int
    index: Path
    missing: Path
    changed: Path | None


def pack_audioset(
    recordings: Path,
    segments: Path,
    classes: Path | None,
    workspace: Path,
    *,
    name: str | None = None,
    per_file: int = PER_FILE,
    workers: int = 1,
    strict: bool = False,
    fresh: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Packing:
    """Pack the clips of a segment list that a folder holds; the same call goes on where it was stopped.

    Args:
        recordings: folder, searched to its depth.
        segments: list as AudioSet publishes it.
        classes: list as AudioSet's `class_labels_indices.csv`, which `None` stands for.
        workspace: folder that `data.root` names later.
        name: of the set [the list's name without `_segments`].
        per_file: clips of the list in one packed file.
        workers, strict, fresh: as `pack` takes them.
        progress: told (clips settled, clips).

    Raises:
        InputError: for input that cannot be used, or no room; what is done stays.
    """
    known = (
        [ListedClass(each.mid, each.name) for each in audioset_classes()]
        if classes is None
        else read_class_list(classes, ids=True)
    )
    listed = read_segments(segments, [mid for mid, _ in known])
    name = name or segments.stem.removesuffix("_segments")
    found = recordings_by_stem(recordings)
    if all(recording_of(segment, found) is None for segment in listed):
        raise InputError(
            f"A folder to pack must contain recordings that the segment list names, for example "
            f"`{listed[0].stems[0]}.wav`. Found none of {len(listed)} in `{recordings}`: give the folder of this list."
        )
    _keep_classes(workspace / FILE, known)
    parts = _parts(workspace / WAVEFORMS, name, listed, len(known), per_file)
    missing: dict[str, str] = {}
    cut: dict[str, str] = {}
    noted: dict[str, str] = {}
    done = 0
    for part in parts:

        def told(settled: int, before: int = done) -> None:
            if progress is not None:
                progress(before + settled, len(listed))

        journal = pack(
            part,
            lambda segment: recording_of(segment, found),
            workers=workers,
            strict=strict,
            fresh=fresh,
            progress=told,
        )
        missing |= journal.missing
        cut |= journal.cut
        noted |= journal.noted
        done += len(part.segments)
    lost = workspace / f"{name}-missing.csv"
    write_text(lost, csv_text([("name", "reason"), *missing.items()]))
    changed = workspace / f"{name}-changed.csv"
    if cut or noted or changed.exists():
        write_text(changed, csv_text([("name", "change"), *cut.items(), *noted.items()]))
    index = workspace / INDEXES / f"{name}.h5"
    packed = write_index(index, [part.path for part in parts])
    absent = sum(reason == "absent" for reason in missing.values())
    return Packing(
        name,
        len(listed),
        packed,
        absent,
        len(missing) - absent,
        len(cut),
        len(noted),
        index,
        lost,
        changed if cut or noted else None,
    )


def _parts(folder: Path, name: str, segments: list[Segment], classes: int, per_file: int) -> list[PackedPart]:
    if len(segments) <= per_file:
        return [PackedPart(folder / f"{name}.h5", segments, classes)]
    return [
        PackedPart(folder / name / f"{name}_part{number:02d}.h5", segments[start : start + per_file], classes)
        for number, start in enumerate(range(0, len(segments), per_file))
    ]


def _keep_classes(path: Path, known: list[ListedClass]) -> None:
    """One list of classes serves all sets of a workspace."""
    if path.exists():
        if read_class_list(path) != known:
            raise InputError(
                f"All sets of a workspace must have the same list of classes. `{path}` has another: give that "
                "list, or another workspace."
            )
        return
    rows = [(str(number), mid, name) for number, (mid, name) in enumerate(known)]
    text = io.StringIO()
    # Names stay as they are, formulas too: the list is read again.
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    write_text(path, text.getvalue())
