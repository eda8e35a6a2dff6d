"""Files whose names differ from a table's in white space or in how accents are composed."""

from prunebench.harness.data.recordings.on_disk import Names


def test_a_name_that_is_there_is_taken_before_one_like_it(tmp_path):
    for name in (" a.wav", "a.wav", "a.wav "):
        (tmp_path / name).touch()
    for name in (" a.wav", "a.wav", "a.wav "):
        assert Names(tmp_path).path(name) == str(tmp_path / name)


def test_of_several_that_differ_in_white_space_alone_the_first_by_name_is_taken(tmp_path):
    for name in ("a.wav ", " a.wav", "\ta.wav"):
        (tmp_path / name).touch()
    assert Names(tmp_path).path("a.wav") == str(tmp_path / "\ta.wav")


def test_a_name_that_is_not_there_stays_what_it_is(tmp_path):
    (tmp_path / "b.wav").touch()
    assert Names(tmp_path).path("a.wav") == str(tmp_path / "a.wav")
    assert Names(tmp_path).path("none/a.wav") == str(tmp_path / "none" / "a.wav")


def test_names_in_folders_below(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "Ta\u0308nzer.wav").touch()
    assert Names(tmp_path).path("sub/T\u00e4nzer.wav") == str(tmp_path / "sub" / "Ta\u0308nzer.wav")
