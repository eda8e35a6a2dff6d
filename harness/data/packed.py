"""PANNs' packed files: many clips of one length in one HDF5 file.

Kong et al., *PANNs*, TASLP 2020, with their code: `audio_name` (clips,) S20, `waveform` (clips, samples) int16,
`target` (clips, classes) bool, and the attribute `sample_rate`. A clip that was missing when the file was packed
is a row without a name.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError

PEAK = 32767  # the integer that stands for 1.0
NEEDED = {"audio_name": ("S", 1), "waveform": ("i", 2), "target": ("b", 2)}  # kind and dimensions
HOW_TO_GET = "pip install 'prunebench[audioset]'"


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
                f"A packed file must stay as it is while it is used. Found `{self.path}` unreadable: {error}."
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
        for name, (kind, dimensions) in NEEDED.items():
            found = file.get(name)
            if found is None or not hasattr(found, "dtype"):
                raise InputError(
                    f"A packed file must hold {', '.join(NEEDED)}. `{path}` lacks `{name}`: pack it with "
                    "`prunebench data audioset`, or as PANNs does."
                )
            if (
                found.dtype.kind != kind
                or found.ndim != dimensions
                or (kind == "i" and found.dtype != np.int16)
            ):
                raise InputError(
                    f"`{name}` of a packed file must be {_wanted(name)}. "
                    f"Found {found.dtype} of shape {found.shape} in `{path}`: pack it anew."
                )
        lengths = {name: file[name].shape[0] for name in NEEDED}
        if len(set(lengths.values())) > 1:
            raise InputError(
                "The parts of a packed file must have one row per clip. "
                f"Found {', '.join(f'{n} of `{name}`' for name, n in lengths.items())} in `{path}`: pack it anew."
            )
        rate = file.attrs.get("sample_rate")
        if rate is None or np.ndim(rate) != 0 or int(rate) != sample_rate:
            raise InputError(
                f"A packed file must be sampled at {sample_rate} Hz, by its attribute `sample_rate`. "
                f"Found {'none' if rate is None else rate} in `{path}`: pack it anew."
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
        raise InputError(f"A packed file must be whole. `{path}` is cut short: copy or pack it anew.")
    return Packed(path, clips, samples, columns, sample_rate, offset)


def _wanted(name: str) -> str:
    return {
        "audio_name": "byte strings (clips,)",
        "waveform": "int16 (clips, samples)",
        "target": "bool (clips, classes)",
    }[name]


@contextmanager
def open_hdf5(path: Path, mode: str = "r") -> Iterator[Any]:
    """An HDF5 file.

    Raises:
        InputError: where h5py is not installed, or the file is absent, cut short or no HDF5.
    """
    try:
        import h5py
    except ImportError as error:
        raise InputError(f"Packed files are read with h5py, which is not installed: {HOW_TO_GET}.") from error
    if mode == "r" and not path.is_file():
        raise InputError(f"A packed file must be a file. Found none at `{path}`.")
    try:
        file = h5py.File(path, mode)
    except OSError as error:
        if mode == "r" or path.exists():
            raise InputError(f"A packed file must be a whole HDF5 file. `{path}` is not: {error}.") from error
        raise
    with file:
        yield file
