import tomllib

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.config.config import Config, load_config

ESC10 = ["data.name=esc10", "data.root=there"]


@pytest.mark.parametrize(
    "overrides",
    [
        ['data.class_map={dog = "Dog", "sea_waves" = "Waves, surf"}'],
        ["data.class_map.dog=Dog", "data.class_map.sea_waves=Waves, surf"],
    ],
)
def test_a_table_is_set_whole_or_name_by_name_and_stays_a_table(overrides):
    config = load_config("quick", [*ESC10, *overrides])
    assert config.data[0].class_map == {"dog": "Dog", "sea_waves": "Waves, surf"}
    table = tomllib.loads(config.to_toml())
    assert table["data"]["class_map"] == {"dog": "Dog", "sea_waves": "Waves, surf"}
    again = Config.model_validate(table)
    assert again == config
    assert hash(again.data[0]) == hash(config.data[0])


def test_a_map_by_name_stays_a_name():
    config = load_config("quick", [*ESC10, "data.class_map=esc10-to-audioset"])
    assert config.data[0].class_map == "esc10-to-audioset"
    assert tomllib.loads(config.to_toml())["data"]["class_map"] == "esc10-to-audioset"


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        (
            "data.class_map={}",
            "`data.class_map` must be a table that names at least one class, a file, or one of",
        ),
        ("data.class_map=3", "`data.class_map` must be a table that names at least one class"),
        (
            "data.class_map.dog=3",
            "must give, for each class of the data set, the name of a class of the model. Found `dog = 3`.",
        ),
        ("data.class_mop=there", "Unknown key `data.class_mop`; did you mean `class_map`"),
    ],
)
def test_what_is_no_map_is_refused_in_a_sentence(override, sentence):
    with pytest.raises(InputError) as found:
        load_config("quick", [*ESC10, override])
    assert str(found.value).startswith(f"--set {override}: ")
    assert sentence in str(found.value)
