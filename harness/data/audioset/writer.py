"""A packed file that is being written: rows come in any order, and a killed process leaves a sound file.

HDF5 lays the file out once, with all its space; rows are then written at their places without HDF5, so that there
is no moment at which a crash could tear the file's own tables, and threads write at the same time.
"""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from prunebench.harness.data.audioset.packed import open_hdf5

NAME_BYTES = 20


@dataclass(frozen=True)
class Layout:
    """Shape of a packed file."""

    clips: int
    samples: int
    classes: int
    sample_rate: int


def lay_out(path: Path, layout: Layout) -> None:
    """Create a packed file with all rows nameless.

    Raises:
        OSError: where there is no room for it; nothing is left behind.
    """
    import h5py

    try:
        with open_hdf5(path, "w") as file:
            properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            properties.set_obj_track_times(False)  # the same clips give the same bytes at any hour
            for name, kind, shape in (
                ("audio_name", h5py.h5t.py_create(np.dtype(f"S{NAME_BYTES}")), (layout.clips,)),
                ("waveform", h5py.h5t.STD_I16LE, (layout.clips, layout.samples)),
                ("target", h5py.h5t.py_create(np.dtype(bool)), (layout.clips, layout.classes)),
            ):
                space = h5py.h5s.create_simple(shape)
                h5py.h5d.create(file.id, name.encode(), kind, space, properties)
            file.attrs.create("sample_rate", layout.sample_rate, dtype=np.int32)
        with path.open("rb+") as stream:
            if hasattr(os, "posix_fallocate"):  # a full disk is an error now instead of after hours
                os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)
            os.fsync(stream.fileno())
    except RuntimeError as error:  # HDF5's own for a file that cannot be closed
        path.unlink(missing_ok=True)
        raise OSError(errno.EIO, str(error)) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


class PackedWriter(contextlib.AbstractContextManager["PackedWriter"]):
    """Writes rows of a file that `lay_out` made.

    Args:
        path: the file.
        layout: its shape.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        with open_hdf5(path) as file:
            self._offsets = {
                name: file[name].id.get_offset() for name in ("audio_name", "waveform", "target")
            }
        self._layout = layout
        self._handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))

    def write_waveform(self, row: int, waveform: NDArray[np.int16]) -> None:
        """The samples of one row; any thread may."""
        self._write("waveform", row, waveform.astype("<i2", copy=False).tobytes())

    def write_label(self, row: int, name: str, labels: tuple[int, ...]) -> None:
        """Name and classes of one row, which make it count."""
        target = np.zeros(self._layout.classes, dtype=bool)
        target[list(labels)] = True
        self._write("target", row, target.tobytes())
        self._write("audio_name", row, name.encode().ljust(NAME_BYTES, b"\0"))

    def _write(self, part: str, row: int, content: bytes) -> None:
        place, left = self._offsets[part] + row * len(content), memoryview(content)
        while left:
            written = os.pwrite(self._handle, left, place)
            place, left = place + written, left[written:]

    def flush(self) -> None:
        """Return when everything written is on the disk."""
        os.fsync(self._handle)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)
