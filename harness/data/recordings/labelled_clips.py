"""Labelled recordings in files: those that cannot be used are skipped, counted and named."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.cost.geometry import SAMPLE_RATE
from prunebench.eval.errors import InputError
from prunebench.harness.data.dataset import SPLITS, Clips, DataSet
from prunebench.harness.data.options import DataOptions
from prunebench.harness.data.recordings.checks import check_recording
from prunebench.harness.data.recordings.decoding import decode_recording

SECONDS = 10.0
MISSING = "there is no file of that name"
MOST_TARGETS = 1 << 31  # bytes of targets; AudioSet has 1.1e9
AT_ONCE = 4096  # recordings that are handed to threads together
PROBED = 1 << 16  # bytes at either end that tell files apart; to hash all of FSD50K would read 34 GB


@dataclass(frozen=True, slots=True)
class LabelledRecordings:
    """A recording of a table.

    Args:
        name: as the table has it.
        place: path of the file; text, of which a table may have a million.
        split: `"training"`, `"validation"` or `"test"`.
        labels: numbers of its classes.
        source: what it was cut from; clips that share one are not independent.
    """

    name: str
    place: str
    split: str
    labels: tuple[int, ...]
    source: str


class LabelledClips(Clips):
    """Recordings in files, cut or padded with zeros to one length.

    Args:
        recordings: in the order of the split.
        classes: columns of the targets.
        samples: length of every clip.
        sample_rate: of the waveforms.
        notes: what is told of some, by name.
    """

    def __init__(
        self,
        recordings: Sequence[LabelledRecordings],
        classes: int,
        samples: int,
        sample_rate: int = SAMPLE_RATE,
        notes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._places = tuple(recording.place for recording in recordings)
        self._samples, self.sample_rate = samples, sample_rate
        self.names = tuple(recording.name for recording in recordings)
        self.sources = tuple((recording.source,) for recording in recordings)
        self.noted = tuple((name, notes[name]) for name in self.names if name in notes)
        self.targets = np.zeros((len(recordings), classes), dtype=bool)
        for row, recording in enumerate(recordings):
            self.targets[row, list(recording.labels)] = True

    def waveform(self, index: int) -> NDArray[np.float32]:
        """Clip `index`, mono at the set's rate in [-1, 1]."""
        return decode_recording(Path(self._places[index]), self._samples, self.sample_rate)


def recorded_set(
    options: DataOptions, version: int, recordings: Sequence[LabelledRecordings], class_names: Sequence[str]
) -> DataSet:
    """The set of some recordings, without those that cannot be used.

    Args:
        options: of the set: length, rate, and whether to be strict.
        version: of the set's definition.
        recordings: of all splits.
        class_names: in the order of the labels.

    Raises:
        InputError: for the first recording that cannot be used where `strict`, or a split without one.
    """
    rate = options.sample_rate or SAMPLE_RATE
    samples = round((options.seconds or SECONDS) * rate)
    if len(recordings) * len(class_names) > MOST_TARGETS:
        raise InputError(
            f"The number of clips times that of classes must be at most {MOST_TARGETS:,}. `{options.name}` has "
            f"{len(recordings):,} clips and {len(class_names):,} classes: does the table separate labels by another "
            "character?"
        )
    there, skipped = _present(recordings, options)
    kept, content, notes, unusable = _usable(
        there, samples / rate, strict=bool(options.strict), tell_silence=options.name == "folder"
    )
    reasons = dict([*skipped, *unusable])
    skipped = [(r.name, reasons[r.name]) for r in recordings if r.name in reasons]
    splits = {
        split: LabelledClips([r for r in kept if r.split == split], len(class_names), samples, rate, notes)
        for split in SPLITS
    }
    for split, clips in splits.items():
        _check_not_empty(options.name, split, len(clips), skipped)
    identity = {
        "name": options.name,
        "version": version,
        "content": content,
        "classes": list(class_names),
        "samples": samples,
        "sample_rate": rate,
    }
    return DataSet(
        label=options.label,
        identity=identity,
        class_names=tuple(class_names),
        samples=samples,
        sample_rate=rate,
        skipped=tuple(skipped),
        training=splits["training"],
        validation=splits["validation"],
        test=splits["test"],
    )


def _present(
    recordings: Sequence[LabelledRecordings], options: DataOptions
) -> tuple[list[LabelledRecordings], list[tuple[str, str]]]:
    """Recordings that are there, and the others; a look at the folder alone, before any is opened.

    Raises:
        InputError: for two names of one file, a split none of whose recordings is there, or the first that is not
            where `strict`.
    """
    there, skipped = [], []
    names: dict[tuple[int, int], str] = {}
    for recording in recordings:
        try:
            found = os.stat(recording.place)  # noqa: PTH116 - a Path for each of a million rows is slow
        except (OSError, ValueError) as error:
            closed = f"cannot be opened ({error.strerror})" if isinstance(error, PermissionError) else ""
            if options.strict:
                raise InputError(
                    f"`{recording.place}` {closed}: change the permissions of its folder."
                    if closed
                    else f"There is no recording `{recording.place}`: correct the table, or leave out the option "
                    "`strict`."
                ) from None
            skipped.append((recording.name, f"it {closed}" if closed else MISSING))
            continue
        there.append(recording)
        other = names.setdefault((found.st_dev, found.st_ino), recording.name)
        if other is not recording.name:
            raise InputError(
                f"Each file of `{options.name}` must be listed once. `{other}` and `{recording.name}` are the same "
                "file."
            )
    present = Counter(recording.split for recording in there)
    for split in SPLITS:
        _check_not_empty(options.name, split, present[split], skipped)
    return there, skipped


def _check_not_empty(name: str, split: str, clips: int, skipped: Sequence[tuple[str, str]]) -> None:
    if not clips:
        lost = (
            f", and {len(skipped):,} of the clips cannot be used, first `{skipped[0][0]}`: {skipped[0][1]}"
            if skipped
            else ""
        )
        raise InputError(f"Split `{split}` of `{name}` must have a clip. Found none{lost.rstrip('.')}.")


def _usable(
    recordings: Sequence[LabelledRecordings], seconds: float, *, strict: bool, tell_silence: bool
) -> tuple[list[LabelledRecordings], str, dict[str, str], list[tuple[str, str]]]:
    """Recordings that can be used; a hash of them; what is told of some; the others, and why."""
    kept, notes, skipped = [], {}, []
    twins: dict[bytes, LabelledRecordings] = {}
    content = hashlib.blake2b(digest_size=32)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # Some at a time: each that waits takes memory.
        for first in range(0, len(recordings), AT_ONCE):
            some = recordings[first : first + AT_ONCE]
            found = pool.map(lambda recording: _probe(Path(recording.place), seconds, tell_silence), some)
            for recording, probe in zip(some, found, strict=True):
                if isinstance(probe, InputError):
                    if strict:
                        raise probe
                    skipped.append((recording.name, str(probe)))
                    continue
                kept.append(recording)
                digest, note = probe
                known = (recording.name, recording.split, recording.labels, recording.source)
                content.update(repr(known).encode() + digest)
                other = twins.setdefault(digest, recording)
                if other.split != recording.split:
                    note = "; ".join(
                        filter(None, (note, f"has the same content as `{other.name}` in {other.split}"))
                    )
                if note is not None:
                    notes[recording.name] = note
    return kept, content.hexdigest(), notes, skipped


def _probe(path: Path, seconds: float, tell_silence: bool) -> tuple[bytes, str | None] | InputError:
    """A hash of a recording and what decoding changes about it, or why it cannot be used."""
    try:
        note = check_recording(path, seconds, tell_silence=tell_silence)
        digest = hashlib.blake2b(digest_size=16)
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            digest.update(str(size).encode())
            for start in (0, max(0, size - PROBED)):
                stream.seek(start)
                digest.update(stream.read(PROBED))
        return digest.digest(), note
    except InputError as error:
        return error
    except OSError as error:
        return InputError(f"Recording `{path}` cannot be read: {error.strerror}.")
