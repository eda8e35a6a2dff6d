import csv
from importlib import resources

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.data import DataOptions
from prunebench.harness.data.class_maps.class_map import listed_classes, read_class_map
from prunebench.harness.data.options import CLASS_MAPS
from prunebench.harness.networks.audioset_classes import audioset_classes

AUDIOSET = [each.name for each in audioset_classes()]
# Classes of ESC-50 whose meaning no class of AudioSet has, or whose class of AudioSet holds another class of ESC-50.
LEFT_OUT = {
    *("can_opening", "drinking_sipping", "mouse_click", "washing_machine"),
    *("breathing", "engine", "hand_saw", "insects"),
}


def test_every_shipped_map_is_listed():
    files = {
        file.name
        for file in resources.files("prunebench.harness.data.class_maps").iterdir()
        if file.name.endswith(".csv")
    }
    assert files == {f"{name}.csv" for name in CLASS_MAPS}


@pytest.mark.parametrize("name", CLASS_MAPS)
def test_a_shipped_map_leads_to_classes_of_audioset_one_to_one(name):
    mapping = read_class_map(name)
    assert set(mapping.values()) <= set(AUDIOSET)
    assert len(set(mapping.values())) == len(mapping)


def test_the_map_of_esc10_is_that_of_esc50_on_its_ten_classes():
    ten, fifty = map(read_class_map, CLASS_MAPS)
    assert len(ten) == 10
    assert len(fifty) == 42
    assert ten.items() <= fifty.items()


@pytest.mark.parametrize(
    ("name", "root"), [("esc10-to-audioset", "esc10_root"), ("esc50-to-audioset", "esc50_root")]
)
def test_a_shipped_map_names_the_classes_as_the_recordings_do(name, root, request):
    with (request.getfixturevalue(root) / "meta" / "esc50.csv").open() as stream:
        categories = {row["category"] for row in csv.DictReader(stream)}
    mapped = set(read_class_map(name))
    assert categories - mapped == (LEFT_OUT if name.startswith("esc50") else set())
    assert mapped <= categories


def test_a_file_is_read_as_spreadsheets_write_it(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        '\ufeffFrom;To;why\ndog;Dog;\nrooster;"Crowing, cock-a-doodle-doo";a call\n', encoding="utf-8"
    )
    assert read_class_map(str(path)) == {"dog": "Dog", "rooster": "Crowing, cock-a-doodle-doo"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("from,to\n", "must have at least one row below its heading"),
        ("", r"must have the columns from, to\. It lacks from, to"),
        ("from\ndog\n", r"It lacks to\."),
        ("from,to\ndog,Dog\ndog,Bark\n", "line 3: a class map must list each class once. Found `dog` again"),
        ("from,to\ndog,\n", "line 2: a class map must have a name in both columns"),
    ],
)
def test_a_file_that_is_no_map_is_refused(tmp_path, text, sentence):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_class_map(str(path))


def test_an_unknown_map_is_answered_with_the_nearest():
    with pytest.raises(
        InputError, match=r"There is no file `esc10-audioset`; did you mean `esc10-to-audioset`"
    ):
        read_class_map("esc10-audioset")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"class_map": "esc10-to-audioset"}, AUDIOSET),
        ({"class_map": {"hum": "Low", "hiss": "High", "whine": "Low"}}, ["Low", "High"]),
        ({"class_map": {"hum": "Dog"}, "classes": "audioset"}, AUDIOSET),
    ],
)
def test_the_classes_of_a_mapped_set(options, expected):
    options = DataOptions("esc10", root="there", **options)
    assert listed_classes(options, read_class_map(options.class_map)) == tuple(expected)


def test_a_file_of_classes_gives_their_order(tmp_path):
    (tmp_path / "list.txt").write_text("High\nLow\nOther\n")
    options = DataOptions("esc10", root="there", class_map={"hum": "Low"}, classes=str(tmp_path / "list.txt"))
    assert listed_classes(options, {"hum": "Low"}) == ("High", "Low", "Other")
