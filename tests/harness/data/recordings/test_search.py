"""What lies in a folder: recordings, what is left out, and the rest."""

import os

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.data.recordings.search import search


def test_what_is_left_out_is_named_with_the_reason(tmp_path):
    for name in ("b.wav", "sub/a.FLAC", "song.m4a", "notes.txt", "sub/more.txt", "README"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    (tmp_path / "linked").symlink_to(tmp_path / "sub")
    os.mkfifo(tmp_path / "pipe.wav")
    found = search(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found.recordings] == ["b.wav", "sub/a.FLAC"]
    assert {path.name: why.partition(":")[0] for path, why in found.left_out} == {
        "song.m4a": "libsndfile reads no .m4a",
        "gone.wav": "it is a link to a file that is not there",
        "linked": "it is a link to a folder, which is not followed",
        "pipe.wav": "it is not a regular file",
    }
    assert (
        found.note == f"`{tmp_path}` also contains files that are not recordings: 2 .txt, 1 without a suffix."
    )


def test_a_folder_alone_names_what_it_does_not_look_into(tmp_path):
    (tmp_path / "a.wav").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/b.wav").touch()
    found = search(tmp_path, deep=False)
    assert [path.name for path in found.recordings] == ["a.wav"]
    assert found.note.endswith("1 folders.")


def test_a_folder_without_a_recording_says_what_it_holds_instead(tmp_path):
    (tmp_path / "song.m4a").touch()
    with pytest.raises(
        InputError, match=r"Found none in .*song\.m4a` is left out: libsndfile reads no \.m4a"
    ):
        search(tmp_path)
