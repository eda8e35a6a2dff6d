import os

import pytest

from prunebench.harness.workspace.kept_file import make_room, read_kept


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to nothing"])
def test_what_stands_in_the_place_of_a_kept_file_is_taken_away(tmp_path, kind):
    path = tmp_path / "scores.npz"
    if kind == "folder":
        (path / "inner").mkdir(parents=True)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(tmp_path / "nowhere")
    assert read_kept(path, lambda found: found.read_bytes()) is None
    assert not path.exists()
    assert not path.is_symlink()


def test_a_file_stays(tmp_path):
    path = tmp_path / "scores.npz"
    path.write_bytes(b"whole")
    assert make_room(path).read_bytes() == b"whole"
