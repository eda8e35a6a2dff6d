"""Packing recordings into PANNs' files: in parallel, resumable, each file whole or absent.

While a file is written it has the suffix `.partial`; a journal beside it says which clips were absent when it was
begun, how many rows are on the disk, and which recordings could not be read. The journal stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import filelock
import numpy as np

from prunebench.eval.cost.geometry import SAMPLE_RATE
from prunebench.eval.errors import InputError
from prunebench.eval.files import write_text
from prunebench.eval.logs import append_line, parsed_lines
from prunebench.eval.text.parsing import parsed_json
from prunebench.harness.data.audioset.excerpt import excerpt_of
from prunebench.harness.data.audioset.packed import to_int16
from prunebench.harness.data.audioset.segments import Segment
from prunebench.harness.data.audioset.writer import Layout, PackedWriter, lay_out
from prunebench.harness.data.recordings.checks import check_recording
from prunebench.harness.data.recordings.decoding import decode_recording
from prunebench.harness.workspace.hashing import identity

SECONDS = 10
BLOCK = 128  # clips between two lines of the journal: 82 MB
VERSION = 2  # raised when a clip's samples change: a file that was begun before is begun anew

OnClips = Callable[[int], None]


@dataclass(frozen=True)
class PackedPart:
    """One packed file to be made.

    Args:
        path: of the file.
        segments: its clips, present or not.
        classes: columns of its targets.
    """

    path: Path
    segments: Sequence[Segment]
    classes: int

    @property
    def journal(self) -> Path:
        """The journal's path."""
        return self.path.with_suffix(".jsonl")

    @property
    def partial(self) -> Path:
        """The file while it is not whole."""
        return self.path.with_name(f"{self.path.name}.partial")

    @property
    def plan(self) -> str:
        """Hash of all that was asked for."""
        asked = [[segment.name, segment.start, list(segment.labels)] for segment in self.segments]
        return identity({"segments": asked, "classes": self.classes, "seconds": SECONDS})


@dataclass
class Journal:
    """What a journal says.

    Args:
        plan: hash of what was asked for.
        absent: names of clips without a recording.
        version: of the code that began it.
        done: rows on the disk.
        unreadable: why a recording could not be used, by the clip's name.
        cut: where a clip was cut out of a longer recording, by its name.
        noted: what decoding changed about a clip's samples, by its name.
    """

    plan: str = ""
    absent: list[str] = field(default_factory=list)
    version: int = 1
    done: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)
    cut: dict[str, str] = field(default_factory=dict)
    noted: dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> dict[str, str]:
        """Name → reason of every clip that is not packed."""
        return {**dict.fromkeys(self.absent, "absent"), **self.unreadable}


def read_journal(part: PackedPart) -> Journal:
    """The journal of a part, empty where it was not begun.

    Raises:
        InputError: where it is of other clips or cannot be read.
    """
    journal = Journal()
    for line in parsed_lines(part.journal, parsed_json):
        if "plan" in line:
            journal = Journal(str(line["plan"]), list(line["absent"]), int(line.get("version", 1)))
        else:
            journal.done = int(line["done"])
            journal.unreadable |= line["unreadable"]
            journal.cut |= line.get("cut", {})
            journal.noted |= line.get("noted", {})
    if journal.plan and journal.plan != part.plan:
        raise InputError(
            f"A packed file must keep its segments and classes. `{part.path}` was packed, or begun, with others: give "
            "the earlier ones again, another `--name`, or `--fresh` to pack it again."
        )
    return journal


def pack(
    part: PackedPart,
    find: Callable[[Segment], Path | None],
    *,
    workers: int = 1,
    strict: bool = False,
    fresh: bool = False,
    progress: OnClips | None = None,
) -> Journal:
    """Make a packed file, or go on with it, or find it made.

    A clip is its recording's first 10 s, or 10 s from the start of the segment where the recording is longer than
    that; channels averaged, at 32 kHz, padded with zeros.

    Args:
        part: what to make.
        find: the recording of a segment, `None` where there is none.
        workers: threads that decode; the file does not depend on how many.
        strict: stop at the first recording that cannot be read; else its row stays nameless.
        fresh: begin anew.
        progress: told how many clips of the part are settled.

    Raises:
        InputError: for a recording that cannot be read where `strict`, a journal of other clips, no room, or
            another process at the same file. What is done stays, and the same call goes on.
    """
    part.path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(part.path.with_suffix(".lock"), timeout=0):
            if fresh:
                for path in (part.path, part.partial, part.journal):
                    path.unlink(missing_ok=True)
            journal = read_journal(part)
            if not part.path.exists():
                journal = _begin(part, journal, find)
                _write_rows(part, journal, find, workers, strict, progress or (lambda done: None))
                part.partial.replace(part.path)
    except filelock.Timeout as error:
        raise InputError(f"Another process is packing `{part.path}`: wait until it ends.") from error
    if not journal.plan:
        raise InputError(
            f"`{part.path}` must have its journal `{part.journal.name}` beside it. Found none: it was not packed "
            "by this command; give another name or `--fresh` to pack it again."
        )
    if progress is not None:
        progress(len(part.segments))
    return journal


def _begin(part: PackedPart, journal: Journal, find: Callable[[Segment], Path | None]) -> Journal:
    if journal.plan and journal.version == VERSION and part.partial.exists():
        return journal
    absent = [segment.name for segment in part.segments if find(segment) is None]
    journal = Journal(part.plan, absent, VERSION)
    present = len(part.segments) - len(absent)
    try:
        lay_out(part.partial, Layout(present, SECONDS * SAMPLE_RATE, part.classes, SAMPLE_RATE))
        write_text(part.journal, json.dumps({"plan": part.plan, "absent": absent, "version": VERSION}) + "\n")
    except OSError as error:
        raise _no_room(part, error, 0, present) from error
    return journal


def _write_rows(
    part: PackedPart,
    journal: Journal,
    find: Callable[[Segment], Path | None],
    workers: int,
    strict: bool,
    progress: OnClips,
) -> None:
    absent = set(journal.absent)
    present = [segment for segment in part.segments if segment.name not in absent]
    layout = Layout(len(present), SECONDS * SAMPLE_RATE, part.classes, SAMPLE_RATE)
    with PackedWriter(part.partial, layout) as writer, ThreadPoolExecutor(workers) as pool:

        def settle(row: int) -> Settled:
            return _write_clip(writer, row, present[row], find(present[row]))

        while journal.done < len(present):
            rows = range(journal.done, min(journal.done + BLOCK, len(present)))
            news: dict[str, dict[str, str]] = {"unreadable": {}, "cut": {}, "noted": {}}
            try:
                for row, settled in zip(rows, pool.map(settle, rows), strict=True):
                    if settled.unreadable is None:
                        writer.write_label(row, present[row].name, present[row].labels)
                    elif strict:
                        raise InputError(settled.unreadable)
                    for kind, said in settled._asdict().items():
                        if said is not None:
                            news[kind][present[row].name] = said
                    progress(len(absent) + row + 1)
                writer.flush()
                append_line(part.journal, json.dumps({"done": rows.stop, **news}))
            except OSError as error:
                raise _no_room(part, error, journal.done, len(present)) from error
            journal.done = rows.stop
            journal.unreadable |= news["unreadable"]
            journal.cut |= news["cut"]
            journal.noted |= news["noted"]


class Settled(NamedTuple):
    """What became of a clip, each in one sentence or `None`, under the names that a journal gives it."""

    unreadable: str | None = None
    cut: str | None = None
    noted: str | None = None


def _write_clip(writer: PackedWriter, row: int, segment: Segment, path: Path | None) -> Settled:
    """Decode a recording into its row."""
    if path is None:
        return Settled(f"Recording `{segment.name}` disappeared before it was packed.")
    try:
        excerpt = excerpt_of(segment, path, SECONDS)
        noted = check_recording(path, excerpt.start + excerpt.seconds)
        clip = np.zeros(SECONDS * SAMPLE_RATE, dtype=np.float32)
        samples = round(excerpt.seconds * SAMPLE_RATE)
        clip[:samples] = decode_recording(path, samples, start=excerpt.start)
    except InputError as error:
        return Settled(str(error))
    writer.write_waveform(row, to_int16(clip))
    return Settled(cut=excerpt.said, noted=noted)


def _no_room(part: PackedPart, error: OSError, done: int, present: int) -> InputError:
    gigabytes = 2 * SECONDS * SAMPLE_RATE * present / 1e9
    return InputError(
        f"`{part.path}` cannot be written ({error.strerror}); {done} of {present} clips are packed. Its folder must be "
        f"writable and have room for {gigabytes:.2f} GB: correct this and run the same command again; it continues."
    )
