"""`--data-file`: the data set of a file in the place of the configuration's, in its identities by its content."""

import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.config.config import Config, load_config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.sweep.runfolder import RunFolder

SOURCE = """
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from prunebench.harness.data import Clips, DataSet, DataSetBuilder

class Silence(Clips):
    def __init__(self, split):
        self.names, self.sources, self.targets = (split,), ((split,),), np.ones((1, 2), dtype=bool)

    def waveform(self, index):
        return np.zeros(16000, np.float32)

@dataclass(frozen=True)
class Mine(DataSetBuilder):
    name: ClassVar[str] = "mine"
    loud: bool = False

    def build(self, root):
        splits = {split: Silence(split) for split in ("training", "validation", "test")}
        return DataSet("", {}, ("a", "b"), samples=16000, **splits)
"""


@pytest.fixture
def mine(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(SOURCE)
    return file


def cells(config):
    return [cell.identity for cell in make_plan(config, [opened(data) for data in config.data_sets()]).cells]


def test_the_only_set_of_a_file_is_taken(mine):
    config = load_config("quick", data_files=[mine])
    assert [(data.name, data.files) for data in config.data] == [("mine", (str(mine),))]
    assert config.base.loaded is None  # frozen base models are of other data
    assert load_config("quick", ["base.pretrained=true"], data_files=[mine]).base.pretrained


def test_settings_go_on_top(mine):
    config = load_config("quick", ["data.name=mine[loud=true]", "data.mix=0"], data_files=[mine])
    assert config.data[0].label == "mine[loud=True]"
    with pytest.raises(InputError, match=r"data.name=esc10.*`esc10` is built in"):
        load_config("quick", ["data.name=esc10"], data_files=[mine])


def test_a_configuration_that_names_the_set_keeps_its_options(mine):
    table = {"data": [{"name": "synth", "seed": 3}, {"name": "mine[loud=true]"}]}
    config = load_config(table, data_files=[mine])
    assert [(data.label, len(data.files)) for data in config.data] == [
        ("synth seed=3", 0),
        ("mine[loud=True]", 1),
    ]
    with pytest.raises(InputError, match=r"several data sets and none of `mine`"):
        load_config({"data": [{"name": "synth"}, {"name": "synth", "seed": 1}]}, data_files=[mine])


def test_several_sets_must_be_told_apart(mine):
    mine.write_text(SOURCE + SOURCE.replace("class Mine", "class Yours").replace('"mine"', '"yours"'))
    with pytest.raises(InputError, match=r"`mine`, `yours`: name one with `--set data.name=NAME`"):
        load_config("quick", data_files=[mine])
    assert load_config("quick", ["data.name=yours"], data_files=[mine]).data[0].name == "yours"


def test_it_reads_back_from_the_run_folder(mine, tmp_path):
    config = load_config("quick", data_files=[mine])
    (tmp_path / "again.toml").write_text(config.to_toml())
    assert load_config(str(tmp_path / "again.toml")) == config
    assert "files" not in Config().to_toml().partition("[data]")[2].partition("[")[0]


def test_one_file_may_stand_without_a_list(mine):
    config = load_config({"data": {"name": "mine", "files": str(mine)}})
    assert config.data[0].files == (str(mine),)
    with pytest.raises(InputError, match=r"`data.files` must be a list of Python files. Found `files = 3`"):
        load_config({"data": {"name": "mine", "files": 3}})


def test_a_rate_that_cnn14_does_not_hear_is_said(mine):
    mine.write_text(
        SOURCE.replace("samples=16000", "samples=44100, sample_rate=44100").replace(
            "    def waveform", "    sample_rate = 44100\n\n    def waveform"
        )
    )
    with pytest.raises(
        InputError, match=r"`cnn14` takes clips at 8000, 16000, 32000 Hz. Found a data set at 44100 Hz"
    ):
        cells(load_config("quick", data_files=[mine]))


def test_the_content_decides_the_cells_and_the_place_does_not(mine, tmp_path):
    before = cells(load_config("quick", data_files=[mine]))
    (tmp_path / "moved.py").write_text(SOURCE)
    assert cells(load_config("quick", data_files=[tmp_path / "moved.py"])) == before
    mine.write_text(SOURCE.replace("np.zeros", "np.ones"))
    assert not set(cells(load_config("quick", data_files=[mine]))) & set(before)


def test_the_run_folder_keeps_the_file(mine, tmp_path):
    config = load_config("quick", data_files=[mine])
    datasets = [opened(data) for data in config.data_sets()]
    with RunFolder(tmp_path / "run") as run:
        run.begin(config, make_plan(config, datasets), datasets)
    (kept,) = (tmp_path / "run" / "pruners").iterdir()
    assert kept.read_text() == SOURCE
