"""Packed files as PANNs writes them, with parts of one's own."""

import numpy as np
import pytest


@pytest.fixture
def hdf5():
    """Writes one, (path, parts by name) → path; a part of `None` is left out."""
    h5py = pytest.importorskip("h5py")

    def made(path, **changes):
        parts = {
            "audio_name": np.array([b"Ya.wav", b"Yb.wav"], dtype="S20"),
            "waveform": np.arange(2 * 400, dtype=np.int16).reshape(2, 400),
            "target": np.eye(2, 3, dtype=bool),
            "sample_rate": 32000,
            **changes,
        }
        with h5py.File(path, "w") as file:
            for name, value in parts.items():
                if name == "sample_rate":
                    file.attrs[name] = value
                elif value is not None:
                    file.create_dataset(name, data=value)
        return path

    return made
