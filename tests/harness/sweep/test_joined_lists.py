"""Lists of clips of several runs as one."""

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.sweep.skipped import joined_lists

HEADING = "data,clip,note\n"


@pytest.fixture
def lists(tmp_path):
    """Writes the list of each run, none for `None`."""

    def written(*texts):
        paths = [tmp_path / f"{number}.csv" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            if text is not None:
                path.write_text(HEADING + text)
        return paths

    return written


def test_each_row_is_there_once_in_its_order(lists):
    paths = lists(
        'synth,"a, b.wav",quiet\nsynth,c.wav,quiet\n', None, "synth,c.wav,quiet\nesc10,d.wav,'=1+1\n"
    )
    assert (
        joined_lists(paths) == HEADING + 'synth,"a, b.wav",quiet\nsynth,c.wav,quiet\n' + "esc10,d.wav,'=1+1\n"
    )


def test_a_formula_that_somebody_wrote_is_none_in_the_joined_list(lists):
    assert joined_lists(lists("esc10,d.wav,=1+1\n")) == f"{HEADING}esc10,d.wav,'=1+1\n"


def test_without_lists_there_is_nothing(lists):
    assert joined_lists(lists(None, None)) == ""


def test_a_list_that_cannot_be_read_is_named(lists):
    (path,) = lists("")
    path.write_bytes(b"data,clip,note\n\xff\xfe")
    with pytest.raises(InputError, match=r"0\.csv` cannot be read: .* Delete it and run again\."):
        joined_lists([path])
