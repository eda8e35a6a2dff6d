"""Targets whose arrays do not fit each other are refused where they are read."""

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.run.targets import read_targets

HELD = {
    "targets": np.eye(3, 2, dtype=bool),
    "class_names": np.array(["a", "b"]),
    "sources": np.array(["x", "y", "z"]),
    "names": np.array(["1", "2", "3"]),
}


def test_what_fits_is_read(tmp_path):
    np.savez(tmp_path / "t.npz", **{**HELD, "targets": HELD["targets"].astype(np.float32)})
    targets, (names, sources) = read_targets(tmp_path / "t.npz", "class_names", "sources")
    assert targets.dtype == bool
    assert np.array_equal(targets, HELD["targets"])
    assert names.tolist() == ["a", "b"]
    assert sources.tolist() == ["x", "y", "z"]


@pytest.mark.parametrize(
    "change",
    [
        {"class_names": np.array(["a"])},
        {"class_names": np.array("a")},
        {"sources": np.array(["x", "y"])},
        {"names": np.array([["1", "2", "3"]])},
        {"targets": np.zeros(3, bool)},
        {"targets": np.array([["a", "b"]] * 3)},
        {"targets": np.zeros((3, 2), complex)},
    ],
    ids=str,
)
def test_what_does_not_is_one_sentence(tmp_path, change):
    np.savez(tmp_path / "t.npz", **{**HELD, **change})
    with pytest.raises(InputError, match=r"t\.npz` must contain targets .* delete it and run again"):
        read_targets(tmp_path / "t.npz", "class_names", "sources", "names")
