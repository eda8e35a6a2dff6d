"""The one reader of class lists."""

import csv
from importlib import resources

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.networks.audioset_classes import audioset_classes
from prunebench.harness.tables.class_list import read_class_list


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "classes.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_the_number_decides_and_not_the_place(written):
    """Rain stands first and is output 2."""
    path = written('index,mid,display_name\n2,/m/c,Rain\n0,/m/a,"Speech, male"\n1,/m/b,Whistle\n')
    assert read_class_list(path) == [("/m/a", "Speech, male"), ("/m/b", "Whistle"), ("/m/c", "Rain")]


def test_audiosets_own_table_in_any_order(written):
    with resources.files("prunebench.harness.networks").joinpath("audioset_classes.csv").open() as stream:
        heading, *rows = csv.reader(stream)
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in [heading, *reversed(rows)])
    found = read_class_list(written(text), ids=True)
    assert found == [(known.mid, known.name) for known in audioset_classes()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat\nwind\r\n\nbell\n", [("", "cat"), ("", "wind"), ("", "bell")]),
        (
            '\ufeffMale speech, man speaking\n"Dog, small"\n',
            [("", "Male speech, man speaking"), ("", "Dog, small")],
        ),
        ("0,Bark,/m/05tny_\n1,Dog,/m/0bt9lr\n", [("/m/05tny_", "Bark"), ("/m/0bt9lr", "Dog")]),
        ("1,/m/0bt9lr,Dog\n0,/m/05tny_,Bark\n", [("/m/05tny_", "Bark"), ("/m/0bt9lr", "Dog")]),
        ("1;Dog\n0;Bark\n", [("", "Bark"), ("", "Dog")]),
        ("Index;MID;Display_Name\n0;/m/a;Dog; \n", [("/m/a", "Dog")]),
        ("display_name\nDog\n", [("", "Dog")]),
    ],
)
def test_forms(written, text, expected):
    assert read_class_list(written(text)) == expected


@pytest.mark.parametrize(
    ("text", "ids", "sentence"),
    [
        ("", False, "must name at least one class"),
        ("index,mid,display_name\n", False, "at least one class. .* has only a heading"),
        (f"{'x' * 200_000}\nDog\n", False, "must be a CSV file in UTF-8"),
        ("index,mid\n0,/m/a\n", False, "has no display_name"),
        ("index,mid,display_name\n1,/m/a,Dog\n", False, "must be numbered 0, 1, 2"),
        ("index,mid,display_name\n0,/m/a,Dog\n0,/m/b,Cat\n", False, "must be numbered 0, 1, 2"),
        (
            "index,mid,display_name\nx,/m/a,Dog\n",
            False,
            "line 2: `index` must be a whole number from 0 to 999,999,999. Found `x`",
        ),
        (
            f"index,mid,display_name\n{'9' * 5000},/m/a,Dog\n",
            False,
            "`index` must be a whole number from 0 to 999,999,999",
        ),
        ("index,mid,display_name\n0,/m/a,\n", False, "has no name for class 0"),
        (
            "index,mid,display_name\n0,/m/a,Dog\n1,/m/a,Cat\n",
            False,
            "each id once. .* contains `/m/a` 2 times",
        ),
        ("Dog\nCat\nDog\n", False, "each name once. .* contains `Dog` 2 times"),
        ("Dog\nCat\n", True, "does not have an id for every class"),
        (b"\xff\xfe\x00D", False, "must be a CSV file in UTF-8"),
        ("a\n" * (1 << 21) + "a\n", False, "at most 4,194,304 bytes"),
    ],
)
def test_lists_that_cannot_be_used(written, text, ids, sentence):
    with pytest.raises(InputError, match=sentence):
        read_class_list(written(text), ids=ids)


def test_a_list_that_never_ends_is_refused():
    from pathlib import Path

    with pytest.raises(InputError, match="is a device"):
        read_class_list(Path("/dev/zero"))
