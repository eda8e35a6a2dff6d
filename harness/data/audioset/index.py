"""PANNs' index files: where each clip of a set lies in the packed files.

`audio_name` (clips,) S20, `target` (clips, classes) bool, `hdf5_path` (clips,) S200, `index_in_hdf5` (clips,) int32.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.harness.data.audioset.packed import check_part, open_hdf5, read_packed

# Kinds of its numbers, dimensions, and what that is called.
NEEDED = {
    "audio_name": ("SO", 1, "byte strings (clips,)"),
    "target": ("biuf", 2, "bool (clips, classes)"),
    "hdf5_path": ("SO", 1, "byte strings (clips,)"),
    "index_in_hdf5": ("iu", 1, "integers (clips,)"),
}
WAVEFORMS, INDEXES = Path("hdf5s", "waveforms"), Path("hdf5s", "indexes")  # of PANNs' workspace


@dataclass(frozen=True)
class Index:
    """Clips of a set, the nameless rows of missing ones left out.

    Args:
        names: of the clips, `"Y--4gqARaEJE.wav"`.
        targets: (clips, classes).
        files: packed files.
        file: which of `files` holds each clip.
        row: its row there.
        nameless: rows that were left out.
    """

    names: tuple[str, ...]
    targets: NDArray[np.bool_]
    files: tuple[Path, ...]
    file: NDArray[np.intp]
    row: NDArray[np.intp]
    nameless: int

    def chosen(self, rows: NDArray[np.intp]) -> Index:
        """Some of the clips, in the order given."""
        names = tuple(self.names[row] for row in rows)
        return Index(names, self.targets[rows], self.files, self.file[rows], self.row[rows], self.nameless)


def read_index(path: Path, root: Path) -> Index:
    """The clips an index file lists.

    A packed file that is no longer where the index says is looked for under `root`, by the end of its path.

    Raises:
        InputError: for a file that is no index, or names packed files that are not there.
    """
    with open_hdf5(path) as file:
        for name, form in NEEDED.items():
            check_part(file, path, name, form, NEEDED)
        names = [name.decode(errors="replace") for name in file["audio_name"][:]]
        targets = file["target"][:].astype(bool)
        places = [os.fsdecode(place) for place in file["hdf5_path"][:]]
        rows = file["index_in_hdf5"][:].astype(np.intp)
    if targets.ndim != 2 or not len(names) == len(targets) == len(places) == len(rows):
        raise InputError(
            f"The parts of an index must have one row per clip. Those of `{path}` do not: make the index again."
        )
    distinct = list(dict.fromkeys(places))
    files = tuple(_found(place, root, path) for place in distinct)
    number = {place: at for at, place in enumerate(distinct)}
    kept = np.array([at for at, name in enumerate(names) if name], dtype=np.intp)
    whole = Index(
        tuple(names),
        targets,
        files,
        np.array([number[place] for place in places], dtype=np.intp),
        rows,
        len(names) - len(kept),
    )
    return whole.chosen(kept)


def joined(indexes: Sequence[Index]) -> Index:
    """The clips of several indexes, one set after the other; of a clip listed twice the first stays.

    Raises:
        InputError: where they have different numbers of classes.
    """
    classes = {index.targets.shape[1] for index in indexes}
    if len(classes) > 1:
        raise InputError(
            "The index files of a set must have the same number of classes. "
            f"Found {' and '.join(map(str, sorted(classes)))}: pack them with one list of classes."
        )
    files = tuple(dict.fromkeys(file for index in indexes for file in index.files))
    number = {file: at for at, file in enumerate(files)}
    renumbered = [
        np.array([number[file] for file in index.files], dtype=np.intp)[index.file] for index in indexes
    ]
    names = tuple(name for index in indexes for name in index.names)
    whole = Index(
        names,
        np.concatenate([index.targets for index in indexes]),
        files,
        np.concatenate(renumbered),
        np.concatenate([index.row for index in indexes]),
        sum(index.nameless for index in indexes),
    )
    first = {name: at for at, name in reversed(list(enumerate(names)))}
    return whole.chosen(np.array(sorted(first.values()), dtype=np.intp))


def write_index(path: Path, packed: Sequence[Path]) -> int:
    """Index the named clips of some packed files; the file is whole or absent. Gives how many there are."""
    files = [read_packed(file) for file in packed]
    names: list[str] = []
    targets, places, rows = [], [], []
    for file in files:
        found = file.names()
        kept = [row for row, name in enumerate(found) if name]
        names += [found[row] for row in kept]
        targets.append(file.targets()[kept])
        places += [os.fsencode(file.path.resolve())] * len(kept)
        rows += kept
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with open_hdf5(partial, "w") as out:
            longest = max([200, *(len(place) for place in places)])
            out.create_dataset("audio_name", data=np.array([name.encode() for name in names], dtype="S20"))
            out.create_dataset("target", data=np.concatenate(targets))
            out.create_dataset("hdf5_path", data=np.array(places, dtype=f"S{longest}"))
            out.create_dataset("index_in_hdf5", data=np.array(rows, dtype=np.int32))
        with partial.open("rb+") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return len(names)


def _found(place: str, root: Path, index: Path) -> Path:
    stated = Path(place)
    if stated.is_file():
        return stated
    parts = stated.parts
    for first in range(1, len(parts)):
        for folder in (root, root / WAVEFORMS):
            moved = folder.joinpath(*parts[first:])
            if ".." not in parts[first:] and moved.is_file():
                return moved
    raise InputError(
        f"`{index}` names the packed file `{place}`, which does not exist, and no file under `{root}` has the same "
        "last part of its path: copy the file there or pack it again."
    )
