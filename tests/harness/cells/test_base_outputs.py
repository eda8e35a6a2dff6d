import numpy as np

from prunebench.eval.files import LEFTOVER
from prunebench.harness.cells.base_outputs import _kept


def test_an_array_is_made_once_and_what_a_killed_run_left_beside_it_goes(tmp_path):
    path = tmp_path / "stem.npy"
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    made = []

    def write(stream):
        made.append(True)
        np.save(stream, array)

    left = tmp_path / f".{path.name}{LEFTOVER}0123abcd"  # as a run that was killed while it wrote leaves it
    left.write_bytes(b"torn")
    assert np.array_equal(_kept(path, (2, 3), write), array)
    assert np.array_equal(_kept(path, (2, None), write), array)
    assert made == [True]
    assert not left.exists()
