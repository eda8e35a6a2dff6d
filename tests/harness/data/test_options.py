import dataclasses
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prunebench.eval.errors import InputError
from prunebench.harness.data import DataOptions, names
from prunebench.harness.data.options import NAMES, at_home_everywhere, at_rate

RECORDED = {"name": "esc10", "root": "somewhere"}


def test_default_is_synth_of_the_documented_sizes():
    options = DataOptions()
    assert options.name == "synth"
    assert options.sizes == {"training": 4000, "validation": 800, "test": 1000}
    assert options.snr_db == (-6, 14)
    assert DataOptions(**RECORDED, mix=3).sizes == {"training": 2000, "validation": 400, "test": 800}


def test_names():
    assert names() == list(NAMES) == ["synth", "esc50", "esc10", "fsd50k", "folder", "audioset"]


@pytest.mark.parametrize(
    ("options", "label"),
    [
        ({}, "synth"),
        ({"seed": 3, "snr_min_db": 0.0}, "synth snr_min_db=0.0 seed=3"),
        (RECORDED, "esc10"),
        ({**RECORDED, "mix": 3}, "esc10 mix=3"),
        ({**RECORDED, "test_fold": 2}, "esc10 test_fold=2"),
        ({**RECORDED, "class_map": "esc10-to-audioset"}, "esc10 class_map=esc10-to-audioset"),
        ({**RECORDED, "class_map": "maps/mine.csv", "classes": "audioset"}, "esc10 class_map=mine"),
        ({**RECORDED, "class_map": {"dog": "Dog", "rain": "Rain"}}, "esc10 class_map=a730a4"),
        ({**RECORDED, "class_map": {"rain": "Rain", "dog": "Dog"}}, "esc10 class_map=a730a4"),
    ],
)
def test_label_names_what_was_asked_for_but_not_the_place(options, label):
    assert DataOptions(**options).label == label


@given(
    st.sampled_from(["synth", "esc50", "esc10"]),
    st.integers(0, 5),
    st.integers(0, 2**40),
    st.integers(1, 9000),
)
def test_options_survive_json(name, mix, seed, size):
    options = DataOptions(
        name, None if name == "synth" else "there", mix=mix or 1, seed=seed, training_clips=size
    )
    assert DataOptions(**json.loads(json.dumps(dataclasses.asdict(options)))) == options


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": "esc5"}, "Unknown data set `esc5`; did you mean `esc50` or `esc10`?"),
        ({"name": "synht"}, "did you mean `synth`?"),
        ({"name": "esc10"}, "`esc10` needs option `root`"),
        ({**RECORDED, "mix": 6}, "`mix` must be an integer from 0 to 5. Found `mix = 6`"),
        ({**RECORDED, "mix": -1}, "Found `mix = -1`"),
        ({**RECORDED, "mix": True}, "Found `mix = True`"),
        (
            {"training_clips": -3},
            "`training_clips` must be an integer from 1 to 1000000. Found `training_clips = -3`",
        ),
        ({"test_clips": 10**11}, "from 1 to 1000000. Found `test_clips = 100000000000`"),
        ({"validation_clips": 0}, "Found `validation_clips = 0`"),
        ({"test_clips": 2.5}, "Found `test_clips = 2.5`"),
        ({"test_clips": "many"}, "Found `test_clips = many`"),
        ({"seed": -1}, "`seed` must be an integer of at least 0"),
        ({"seconds": 0.1}, "`seconds` must be a number from 0.5 to 60.0. Found `seconds = 0.1`"),
        ({"seconds": float("nan")}, "Found `seconds = nan`"),
        ({"seconds": "long"}, "Found `seconds = long`"),
        ({"snr_min_db": float("-inf")}, "`snr_min_db` must be a number from -60 to 60"),
        ({"snr_min_db": 20}, "`snr_min_db` must be at most `snr_max_db`"),
        (
            {**RECORDED, "class_map": {}},
            "`class_map` must be a table that names at least one class, a file, or one of",
        ),
        (
            {**RECORDED, "class_map": 3},
            "a file, or one of `esc10-to-audioset`, `esc50-to-audioset`. Found `class_map = 3`",
        ),
        (
            {**RECORDED, "class_map": {"dog": 3}},
            "`class_map` must give, for each class of the data set, the name of a class of the model. Found `dog = 3`",
        ),
        (
            {**RECORDED, "classes": "list.txt"},
            r"`classes` is only for `folder` and data sets with a class map",
        ),
        ({**RECORDED, "test_fold": "any"}, '`test_fold` must be an integer of at least 0 or "all"'),
        ({**RECORDED, "validation_fold": "all"}, "`validation_fold` must be an integer"),
        ({**RECORDED, "test_fold": "all", "validation_fold": 1}, "`validation_fold` must be left out"),
        (
            {"test_fold": 1},
            "`test_fold` is only for `esc50` and `esc10`, which have folds. Found it with data set `synth`",
        ),
        ({"name": "audioset", "root": "x", "test_fold": 1}, "Found it with data set `audioset`"),
        ({"name": "audioset"}, "`audioset` needs option `root`: give the folder with `hdf5s/indexes/`"),
        ({**RECORDED, "black_list": "x.csv"}, "`black_list` is only for `audioset`"),
        ({**RECORDED, "table": "x.csv"}, "`table` is only for `folder`"),
        ({"name": "folder", "root": "x", "sample_rate": 44100}, "must be 32000, 16000 or 8000"),
        ({"name": "folder", "root": "x", "strict": 1}, "`strict` must be true or false"),
        ({"name": "folder", "root": "x", "table": 3}, "`table` must be text"),
        ({"root": "x"}, "`root` is only for data sets of recordings"),
        ({**RECORDED, "seconds": 2.0}, "`seconds` is only for `synth`"),
        ({**RECORDED, "mix": 2, "snr_max_db": 3}, "`snr_max_db` is only for `synth`"),
        ({**RECORDED, "training_clips": 9}, "`training_clips` is only for `synth`, `audioset` and mixed"),
    ],
)
def test_bad_options_are_said_in_one_sentence(options, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        DataOptions(**options)


def test_paths_become_full_and_names_stay(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    named = DataOptions("esc10", root="there", class_map="esc10-to-audioset", classes="audioset")
    assert at_home_everywhere(named) == dataclasses.replace(named, root=str(tmp_path / "there"))
    filed = DataOptions("esc10", root="there", class_map="mine.csv", classes="list.txt")
    full = at_home_everywhere(filed)
    assert (full.class_map, full.classes) == (str(tmp_path / "mine.csv"), str(tmp_path / "list.txt"))
    table = DataOptions("esc10", root="/there", class_map={"dog": "Dog"})
    assert at_home_everywhere(table) == table


def test_another_rate_than_the_model_s_is_refused_with_what_to_do():
    assert at_rate(DataOptions(**RECORDED), 16000).sample_rate == 16000
    with pytest.raises(
        InputError, match=r"sample_rate=16000` at 16000 Hz: set `sample_rate = 32000`, which resamples"
    ):
        at_rate(DataOptions(**RECORDED, sample_rate=16000), 32000)
    with pytest.raises(InputError, match=r"16000 Hz\. Found `synth` at 32000 Hz: use recordings"):
        at_rate(DataOptions(), 16000)
