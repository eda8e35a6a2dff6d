"""`esc50` and `esc10`: environmental recordings of 5 s in the layout of ESC-50, with its folds.

Piczak, *ESC: Dataset for Environmental Sound Classification*, ACM Multimedia 2015: 50 classes of 40
recordings in five folds; clips cut from one longer recording stay in one fold. ESC-10 is ten of the classes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.cost.geometry import SAMPLE_RATE
from prunebench.eval.errors import InputError
from prunebench.harness.data.dataset import Clips, DataSet
from prunebench.harness.data.options import DataOptions
from prunebench.harness.data.recordings.checks import check_recording
from prunebench.harness.data.recordings.decoding import decode_recording
from prunebench.harness.data.recordings.esc50_table import Recording, read_table

VERSION = 1  # raised when any clip changes
SECONDS = 5


class RecordedClips(Clips):
    """Recordings in a folder, one class each.

    Args:
        audio: the folder.
        recordings: their rows of the table.
        classes: target of each column.
        rate: of the waveforms, Hz.
        notes: what is told of some, by file name.
    """

    def __init__(
        self,
        audio: Path,
        recordings: Sequence[Recording],
        classes: Sequence[int],
        rate: int,
        notes: Mapping[str, str],
    ) -> None:
        self._audio, self.sample_rate = audio, rate
        self.names = tuple(recording.filename for recording in recordings)
        self.sources = tuple((recording.source,) for recording in recordings)
        targets = np.array([recording.target for recording in recordings])
        self.targets = targets[:, None] == np.array(classes)
        self.noted = tuple((name, notes[name]) for name in self.names if name in notes)

    def waveform(self, index: int) -> NDArray[np.float32]:
        """Clip `index`, mono at the set's rate in [-1, 1]."""
        return decode_recording(self._audio / self.names[index], SECONDS * self.sample_rate, self.sample_rate)


@dataclass(frozen=True)
class Collection:
    """A folder in the layout of ESC-50.

    Args:
        root: holds `meta/esc50.csv` and `audio/`.
        recordings: rows of the table, sorted by file name.
    """

    root: Path
    recordings: tuple[Recording, ...]

    @classmethod
    def read(cls, options: DataOptions) -> Collection:
        """The table of the folder that the options name.

        Raises:
            InputError: for a folder without the layout or a table that cannot be used.
        """
        root = Path(options.root or "").expanduser()
        for part in (root, root / "meta", root / "audio"):
            if not part.is_dir():
                raise InputError(
                    f"There is no folder `{part}`: set option `root` to the folder with `meta/esc50.csv` and `audio/`."
                )
        return cls(root, tuple(read_table(root / "meta" / "esc50.csv", subset=options.name == "esc10")))

    @property
    def folds(self) -> list[int]:
        """Folds present, in order."""
        return sorted({recording.fold for recording in self.recordings})

    def content(self) -> tuple[str, dict[str, str]]:
        """Hash of the rows and of the bytes of every recording, wherever the folder lies.

        Returns:
            The hash, and what is told of some recordings, by file name: that decoding changes their samples, or that
            another fold has the same sound or another cut of the same source.

        Raises:
            InputError: naming the first recording that cannot be used.
        """
        notes = {}
        whole = hashlib.blake2b(digest_size=32)
        first: dict[tuple[str, str], Recording] = {}
        for recording in self.recordings:
            path = self.root / "audio" / recording.filename
            note = check_recording(path, SECONDS)
            told = [] if note is None else [note]
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=32)).hexdigest()
            whole.update(repr((recording, digest)).encode())
            for shared in (("content", digest), ("source", recording.source)):
                other = first.setdefault(shared, recording)
                if other.fold != recording.fold:
                    told.append(f"has the same {shared[0]} as `{other.filename}` in fold {other.fold}")
            if told:
                notes[recording.filename] = "; ".join(told)
        return whole.hexdigest(), notes

    def clips(self, folds: Sequence[int], rate: int, notes: Mapping[str, str]) -> RecordedClips:
        """The recordings of some folds."""
        chosen = [recording for recording in self.recordings if recording.fold in folds]
        classes = sorted({recording.target for recording in self.recordings})
        return RecordedClips(self.root / "audio", chosen, classes, rate, notes)


def esc50(options: DataOptions) -> DataSet:
    """The set that the options ask for: the recordings of `root`, or its ESC-10 rows.

    Raises:
        InputError: for a folder, table or recording that cannot be used, or a fold that is not there.
    """
    collection = Collection.read(options)
    test, validation = _chosen_folds(options, collection)
    content, notes = collection.content()
    rate = options.sample_rate or SAMPLE_RATE
    identity = {
        "name": options.name,
        "version": VERSION,
        "content": content,
        "test_fold": test,
        "validation_fold": validation,
        **({} if rate == SAMPLE_RATE else {"sample_rate": rate}),
    }
    categories = {recording.target: recording.category for recording in collection.recordings}
    return DataSet(
        label=options.label,
        identity=identity,
        class_names=tuple(categories[target] for target in sorted(categories)),
        samples=SECONDS * rate,
        sample_rate=rate,
        training=collection.clips(
            [fold for fold in collection.folds if fold not in (test, validation)], rate, notes
        ),
        validation=collection.clips([validation], rate, notes),
        test=collection.clips([test], rate, notes),
    )


def _chosen_folds(options: DataOptions, collection: Collection) -> tuple[int, int]:
    present = collection.folds
    if len(present) < 3:
        raise InputError(
            f"`{collection.root}` must contain at least three folds, for training, validation and test. Found "
            f"{len(present)}."
        )
    if options.test_fold == "all":
        raise InputError(
            'A data set has only one test fold. Found `test_fold = "all"`: call '
            "`prunebench.harness.data.folds(options)` and open each of the options that it returns."
        )
    test = present[-1] if options.test_fold is None else options.test_fold
    _check_present("test_fold", test, present)
    before = present[present.index(test) - 1]
    validation = before if options.validation_fold is None else options.validation_fold
    _check_present("validation_fold", validation, present)
    if validation == test:
        raise InputError(
            "Option `validation_fold` must differ from the test fold. "
            f"Found `validation_fold = {validation}`, which is the test fold."
        )
    return test, validation


def _check_present(option: str, fold: int, present: Sequence[int]) -> None:
    if fold not in present:
        raise InputError(
            f"Option `{option}` must be one of the folds present, {', '.join(map(str, present))}. "
            f"Found `{option} = {fold}`."
        )
