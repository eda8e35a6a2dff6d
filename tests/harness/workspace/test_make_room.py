import os
from pathlib import Path

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.workspace.kept_file import make_room, read_kept


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to nothing"])
def test_what_stands_in_the_place_of_a_kept_file_is_taken_away(tmp_path, kind):
    path = tmp_path / "scores.npz"
    if kind == "folder":
        path.mkdir()
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


def test_a_link_to_a_file_stays(tmp_path):
    (tmp_path / "aside").write_bytes(b"whole")
    path = tmp_path / "scores.npz"
    path.symlink_to(tmp_path / "aside")
    assert make_room(path).is_symlink()
    assert read_kept(path, lambda found: found.read_bytes()) == b"whole"


def test_a_folder_with_something_in_it_is_not_taken_away(tmp_path):
    own = tmp_path / "scores.npz" / "own.txt"
    own.parent.mkdir()
    own.write_bytes(b"own")
    with pytest.raises(
        InputError, match="is a folder in the place of a file of the cache: move it elsewhere"
    ):
        read_kept(tmp_path / "scores.npz", lambda found: found.read_bytes())
    assert own.read_bytes() == b"own"


def test_a_file_that_another_process_puts_there_after_the_first_look_stays(tmp_path, monkeypatch):
    path = tmp_path / "scores.npz"

    def slowly(looked):
        def look(found):
            try:
                return looked(found)
            finally:
                path.write_bytes(b"whole")

        return look

    for name in ("is_file", "lstat"):
        monkeypatch.setattr(Path, name, slowly(getattr(Path, name)))
    assert make_room(path).read_bytes() == b"whole"
