"""`audioset`: PANNs' packed files and their indexes, in the layout of PANNs' workspace.

Gemmeke et al., *Audio Set: An ontology and human-labeled dataset for audio events*, ICASSP 2017. AudioSet has no
validation split, so a part of training that the hash of each clip's name chooses validates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.cost.geometry import SAMPLE_RATE
from prunebench.eval.errors import InputError
from prunebench.harness.data.audioset.index import INDEXES, Index, joined, read_index
from prunebench.harness.data.audioset.packed import Packed, read_packed, to_float
from prunebench.harness.data.audioset.packed_classes import class_names
from prunebench.harness.data.dataset import Clips, DataSet
from prunebench.harness.data.options import DataOptions
from prunebench.harness.tables.rows import read_column

VERSION = 1  # raised when any clip changes
VALIDATION = 0.02  # share of training
MOST_STORED = 50_000  # clips of a split whose features are kept: 12.8 GB of 10 s clips
PROBED = 32  # waveforms of a split that enter the identity


class PackedClips(Clips):
    """Clips in packed files.

    Args:
        index: where they lie.
        files: the packed files of the index.
        step: every which sample is taken, as PANNs does for 16 and 8 kHz: no filter against aliasing.
    """

    def __init__(self, index: Index, files: tuple[Packed, ...], step: int) -> None:
        self._index, self._files, self._step = index, files, step
        self.sample_rate = SAMPLE_RATE // step
        self.names = index.names
        self.targets = index.targets
        self.sources = tuple((name,) for name in index.names)

    def waveform(self, index: int) -> NDArray[np.float32]:
        """Clip `index`, mono at the set's rate in [-1, 1]."""
        found: NDArray[np.float32] = self.waveforms(np.array([index]))[0]
        return found

    def waveforms(self, indices: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Some clips, (clips, samples); each file's rows are read in order."""
        found = np.empty((len(indices), self._files[0].samples // self._step), dtype=np.float32)
        for place, clip in self._stored(indices):
            to_float(clip[: found.shape[1]], found[place])
        return found

    def _stored(self, indices: NDArray[np.integer[Any]]) -> Iterator[tuple[int, NDArray[np.int16]]]:
        numbers, rows = self._index.file[indices], self._index.row[indices]
        for number in np.unique(numbers):
            places = np.flatnonzero(numbers == number)
            places = places[np.argsort(rows[places], kind="stable")]
            yield from zip(places.tolist(), self._files[number].read(rows[places], self._step), strict=True)

    def content(self) -> str:
        """Hash of names, targets and some waveforms: to hash every waveform would read a terabyte."""
        whole = hashlib.blake2b(digest_size=32)
        whole.update("\n".join(self.names).encode())
        whole.update(np.packbits(self.targets, axis=1).tobytes())
        probed = np.unique(np.linspace(0, len(self) - 1, min(PROBED, len(self))).astype(np.intp))
        for place, clip in self._stored(probed):
            whole.update(str(place).encode() + clip.tobytes())
        return whole.hexdigest()

    @property
    def samples(self) -> int:
        """Length of every clip as it is stored."""
        lengths = {file.samples for file in self._files}
        if len(lengths) > 1:
            raise InputError(
                "All clips of a set must have the same length. Found "
                f"{' and '.join(map(str, sorted(lengths)))} samples in its packed files: pack all with the same length."
            )
        return lengths.pop()


def audioset(options: DataOptions) -> DataSet:
    """The set in the folder that the options name.

    Raises:
        InputError: for a folder without the layout, or files that cannot be used.
    """
    root = Path(options.root or "").expanduser()
    training, test = _training_index(root, options), read_index(_index_path(root, "eval"), root)
    joined([training, test])  # refuses unequal classes
    training = _without(training, _black_list(options) | set(test.names))
    validates = _validates(training.names)
    indexes = {
        "training": training.chosen(np.flatnonzero(~validates)),
        "validation": training.chosen(np.flatnonzero(validates)),
        "test": test,
    }
    rate = options.sample_rate or SAMPLE_RATE
    splits = {
        split: _clips(_some(index, getattr(options, f"{split}_clips")), SAMPLE_RATE // rate)
        for split, index in indexes.items()
    }
    lengths = {clips.samples for clips in splits.values()}
    if len(lengths) > 1:
        raise InputError(
            f"All clips of a set must have the same length. Found {' and '.join(map(str, sorted(lengths)))} samples "
            f"under `{root}`: pack all with the same length."
        )
    identity = {
        "name": "audioset",
        "version": VERSION,
        "sample_rate": rate,
        "content": {split: clips.content() for split, clips in splits.items()},
    }
    return DataSet(
        label=options.label,
        identity=identity,
        class_names=class_names(root, test.targets.shape[1]),
        samples=lengths.pop() // (SAMPLE_RATE // rate),
        sample_rate=rate,
        streamed=frozenset(split for split, clips in splits.items() if len(clips) > MOST_STORED),
        skipped=tuple(
            (f"{index.nameless} rows of {split}", "missing when the files were packed")
            for split, index in (("training and validation", training), ("test", test))
            if index.nameless
        ),
        training=splits["training"],
        validation=splits["validation"],
        test=splits["test"],
    )


def _training_index(root: Path, options: DataOptions) -> Index:
    folder = root / INDEXES
    if options.training_set is not None:
        asked = options.training_set.split("+")
    elif (folder / "full_train.h5").is_file():
        asked = ["full_train"]
    else:
        asked = sorted(path.stem for path in folder.glob("*.h5") if path.stem != "eval")
    if not asked:
        raise InputError(
            f"`{folder}` must contain an index of training clips beside `eval.h5`. Found none: make it with "
            "`prunebench data audioset`."
        )
    return joined([read_index(_index_path(root, name), root) for name in asked])


def _index_path(root: Path, name: str) -> Path:
    path = root / INDEXES / f"{name}.h5"
    if not path.is_file():
        there = ", ".join(sorted(found.stem for found in path.parent.glob("*.h5"))) or "none"
        asked = "" if name == "eval" else ", or correct `training_set`"
        raise InputError(
            f"Data set `audioset` needs the index `{path}`. Indexes in this folder: {there}. Make the missing index "
            f"with `prunebench data audioset`{asked}."
        )
    return path


def _black_list(options: DataOptions) -> frozenset[str]:
    """Names as packed files have them, from a CSV whose first column holds YouTube ids or such names."""
    if options.black_list is None:
        return frozenset()
    found = read_column(Path(options.black_list))
    return frozenset(name if name.endswith(".wav") else f"Y{name}.wav" for name in found)


def _hashed(name: str, purpose: str) -> float:
    """A number in [0, 1) that depends on a clip's name and what it is for alone."""
    digest = hashlib.sha256(f"{purpose} {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _without(index: Index, banned: frozenset[str]) -> Index:
    """The clips of training that are neither test clips nor on the black list.

    Raises:
        InputError: where fewer than two are left, since one of them validates.
    """
    kept = index.chosen(
        np.array([at for at, name in enumerate(index.names) if name not in banned], dtype=np.intp)
    )
    if len(kept.names) < 2:
        left, lost = len(kept.names), len(index.names) - len(kept.names)
        why = f"; {lost} more cannot be used, as test clips or clips on the black list" if lost else ""
        raise InputError(
            f"A training set must contain at least two clips. Found {left} in the index{why}: pack more clips."
        )
    return kept


def _validates(names: tuple[str, ...]) -> NDArray[np.bool_]:
    """The clips that validate: about `VALIDATION` of them, of few clips the first by hash."""
    hashes = np.array([_hashed(name, "validation") for name in names])
    chosen: NDArray[np.bool_] = hashes <= max(VALIDATION, float(hashes.min()))
    return chosen


def _some(index: Index, most: int | None) -> Index:
    """The first clips by hash: a larger part holds a smaller one. In the order of the index."""
    if most is None or most >= len(index.names):
        return index
    hashes = np.array([_hashed(name, "part") for name in index.names])
    return index.chosen(np.sort(np.argsort(hashes, kind="stable")[:most]))


def _clips(index: Index, step: int) -> PackedClips:
    classes = index.targets.shape[1]
    if not len(index.names):
        raise InputError("Each split must contain at least one clip. One split has none: pack more clips.")
    files = tuple(read_packed(file, classes=classes) for file in index.files)
    for number, file in enumerate(files):
        rows = index.row[index.file == number]
        if len(rows) and not 0 <= rows.min() <= rows.max() < file.clips:
            odd = rows.min() if rows.min() < 0 else rows.max()
            raise InputError(
                f"An index must name existing rows. Found row {odd} of `{file.path}`, which has "
                f"{file.clips} clips: make the index again."
            )
    return PackedClips(index, files, step)
