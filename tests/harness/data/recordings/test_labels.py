"""Which sign separates labels, and when that is asked."""

from pathlib import Path

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.data.recordings.labels import check_separated, numbers_of, split_labels


def test_labels_of_a_cell():
    assert split_labels(" Speech; Dog ;;") == ["Speech", "Dog"]
    assert split_labels("Speech, male; Dog", ",") == ["Speech", "male; Dog"]
    assert split_labels("") == []


@pytest.mark.parametrize(
    ("cells", "asked"),
    [
        (["a,b"], r"does the label `a,b` name one class or 2\? .*=\";\"` for one, .*=\",\"` for several"),
        (
            ["a|b|c"],
            r"does the label `a\|b\|c` name one class or 3\? .*=\";\"` for one, .*=\"\|\"` for several",
        ),
        (["a;b", "c|d"], r"does the label `c\|d` name one class"),
        (["a", "b;c|d"], r"does the label `c\|d` name one class"),
        (["a;b", "c,d"], None),
        (["a;b", "c"], None),
        (["a", "b"], None),
        (["Male speech, man speaking"], None),
    ],
)
def test_bars_are_asked_about_and_commas_where_no_cell_holds_a_semicolon(cells, asked):
    known = ["Male speech, man speaking"]
    if asked is None:
        check_separated(Path("labels.csv"), cells, known)
        return
    with pytest.raises(InputError, match=asked):
        check_separated(Path("labels.csv"), cells, known)


def test_numbers_of_labels():
    number = {"Speech": 0, "Dog": 1}
    assert numbers_of(["Dog", "Speech"], number, Path("labels.csv"), 3) == (1, 0)
    with pytest.raises(InputError, match=r"`labels\.csv`, line 3: .* Found `Dogs`; .*`Dog`"):
        numbers_of(["Speech", "Dogs"], number, Path("labels.csv"), 3)
