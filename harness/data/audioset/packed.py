"""PANNs' packed files: many clips of one length in one HDF5 file.

Kong et al., *PANNs*, TASLP 2020, with their code: `audio_name` (clips,) S20, `waveform` (clips, samples) int16,
`target` (clips, classes) bool, and the attribute `sample_rate`. A clip that was missing when the file was packed
is a row without a name.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.text.install_advice import how_to_get

PEAK = 32767  # the integer that stands for 1.0
# Kinds of its numbers, dimensions, and what that is called.
NEEDED = {
    "audio_name": ("S", 1, "byte strings (clips,)"),
    "waveform": ("int16", 2, "int16 (clips, samples)"),
    "target": ("b", 2, "bool (clips, classes)"),
}
MOST_CLIPS = 10_000_000  # AudioSet has 2 million
MOST_BYTES = 1 << 33  # of a part that is read as a whole, and of one clip


@dataclass(frozen=True)
class Packed:
    """A packed file whose layout was checked.

    Args:
        path: the file.
        clips, samples, classes: its shape.
        sample_rate: of its waveforms, Hz.
        offset: byte at which the waveforms begin, where they lie in one piece; `None` where in chunks.
    """

    path: Path
    clips: int
    samples: int
    classes: int
    sample_rate: int
    offset: int | None

    def names(self) -> list[str]:
        """Name of each clip, empty where it was missing."""
        with open_hdf5(self.path) as file:
            return [name.decode(errors="replace") for name in file["audio_name"][:]]

    def targets(self) -> NDArray[np.bool_]:
        """(clips, classes)."""
        with open_hdf5(self.path) as file:
            found: NDArray[np.bool_] = file["target"][:]
            return found

    def read(self, rows: NDArray[np.integer[Any]], step: int = 1) -> Iterator[NDArray[np.int16]]:
        """The clips of some rows one by one, each (samples / step,): every `step`-th sample.

        Waveforms in one piece are read through a memory map, which needs no lock and lets other threads run.

        Raises:
            InputError: where the file became unreadable or shorter since it was checked.
        """
        try:
            if self.offset is not None:
                mapped = _mapped(self)
                for row in rows:
                    yield mapped[row, ::step]
                return
            with open_hdf5(self.path) as file:
                stored = file["waveform"]
                for row in rows:
                    yield stored[int(row)][::step]
        except (OSError, ValueError, IndexError) as error:
            raise InputError(
                f"The packed file `{self.path}` became unreadable during the run: {error}."
            ) from error

    def waveforms(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.int16]:
        """The clips of some rows, (rows, samples); errors as `read`."""
        return np.stack(list(self.read(rows))) if len(rows) else np.empty((0, self.samples), np.int16)


@functools.lru_cache(maxsize=64)
def _mapped(packed: Packed) -> NDArray[np.int16]:
    shape = (packed.clips, packed.samples)
    return np.memmap(packed.path, np.int16, "r", packed.offset or 0, shape)


def to_float(waveform: NDArray[np.int16], out: NDArray[np.float32]) -> None:
    """Integers to samples in [-1, 1], written into `out`: without copies between, which cost more than reading."""
    np.divide(waveform, np.float32(PEAK), out=out, casting="unsafe")
    np.maximum(out, np.float32(-1), out=out)


def to_int16(waveform: NDArray[np.float32]) -> NDArray[np.int16]:
    """Samples in [-1, 1] to integers, cut towards 0 as PANNs does."""
    return (np.clip(waveform, -1, 1) * np.float32(PEAK)).astype(np.int16)


def read_packed(path: Path, *, classes: int | None = None, sample_rate: int = 32000) -> Packed:
    """Check the layout of a packed file; no waveform is read.

    Args:
        path: the file.
        classes: columns its targets must have; any number where `None`.
        sample_rate: that its waveforms must have.

    Raises:
        InputError: for a file that is absent, cut short or laid out otherwise, naming what differs.
    """
    with open_hdf5(path) as file:
        for name, form in NEEDED.items():
            check_part(file, path, name, form, NEEDED)
        lengths = {name: file[name].shape[0] for name in NEEDED}
        if len(set(lengths.values())) > 1:
            raise InputError(
                "The parts of a packed file must have one row per clip. "
                f"Found {', '.join(f'{n} of `{name}`' for name, n in lengths.items())} in `{path}`: pack it again."
            )
        rate = file.attrs.get("sample_rate")
        if np.ndim(rate) != 0 or not isinstance(rate, np.integer | int) or rate != sample_rate:
            raise InputError(
                f"A packed file must have the sample rate {sample_rate} Hz in its attribute `sample_rate`. Found "
                f"{'none' if rate is None else rate} in `{path}`: pack it again."
            )
        clips, samples = file["waveform"].shape
        columns = file["target"].shape[1]
        if classes is not None and columns != classes:
            raise InputError(
                f"The packed files of a set must have the same classes, here {classes}. Found {columns} in "
                f"`{path}`: pack them with one list of classes."
            )
        offset = file["waveform"].id.get_offset()
    if offset is not None and path.stat().st_size < offset + 2 * clips * samples:
        raise InputError(f"`{path}` is incomplete: copy or pack it again.")
    return Packed(path, clips, samples, columns, sample_rate, offset)


def check_part(file: Any, path: Path, name: str, form: tuple[str, int, str], needed: Iterable[str]) -> None:
    """Refuse a part of an HDF5 file that is missing, of another form or size, or not in this file.

    Args:
        file: that is open.
        path: of the file.
        name: of the part.
        form: kinds of its numbers as NumPy's letters or `int16`, its dimensions, and what that is called.
        needed: names of all parts.

    Raises:
        InputError: naming what differs.
    """
    import h5py

    links, key = file.id.links, name.encode()
    if links.exists(key) and links.get_info(key).type != h5py.h5l.TYPE_HARD:
        raise InputError(
            f"`{name}` of `{path}` is a link, which is not followed: copy the data into one file."
        )
    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise InputError(
            f"`{path}` must contain {', '.join(needed)}. It lacks `{name}`: make it again with `prunebench data "
            "audioset`, or as PANNs does."
        )
    if found.external or found.is_virtual:
        raise InputError(
            f"`{name}` of `{path}` keeps its data in other files, which are not read: copy the data into one file."
        )
    kinds, dimensions, called = form
    right = found.dtype == np.int16 if kinds == "int16" else found.dtype.kind in kinds
    if found.dtype.kind == "O":  # texts of any length, or references
        right = right and h5py.check_string_dtype(found.dtype) is not None
    if not right or found.ndim != dimensions:
        raise InputError(
            f"`{name}` of `{path}` must be {called}. Found {found.dtype} of shape {found.shape}: make the file again."
        )
    clips = found.shape[0]
    whole = found.nbytes if name != "waveform" else found.nbytes // max(1, clips)
    if clips > MOST_CLIPS or whole > MOST_BYTES:
        raise InputError(
            f"A file of packed clips, or of their index, may contain at most {MOST_CLIPS:,} clips. One clip of "
            f"`waveform` may have at most {MOST_BYTES >> 30} GiB, and so may every other HDF5 data set as a whole. "
            f"`{name}` of `{path}` has the shape {found.shape}: put fewer or shorter clips into one file."
        )


@contextmanager
def open_hdf5(path: Path, mode: str = "r") -> Iterator[Any]:
    """An HDF5 file.

    Raises:
        InputError: where h5py is not installed, or the file is absent, cut short or no HDF5.
    """
    try:
        import h5py
    except ImportError as error:
        raise InputError(
            f"Packed files are read with h5py, which is not installed: {how_to_get('audioset')}."
        ) from error
    if mode == "r" and not path.is_file():
        raise InputError(
            f"`{path}` {'is not a file' if path.exists() else 'does not exist'}: give the path of a packed file, or "
            "make one with `prunebench data audioset`."
        )
    try:
        file = h5py.File(path, mode)
    except OSError as error:
        if mode == "r" or path.exists():
            raise InputError(
                f"`{path}` is not a complete HDF5 file ({error}): copy or make it again."
            ) from error
        raise
    with file:
        yield file
