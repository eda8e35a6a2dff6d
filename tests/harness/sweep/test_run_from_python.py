"""A sweep from Python: a preset, a path or a mapping, and what is told of its progress."""

import numpy as np
import pytest
import tomli_w

from prunebench import harness, pruners, reports
from prunebench.eval.errors import InputError
from prunebench.harness.data import DataOptions

TABLES = {
    "name": "small",
    "workers": 0,
    "data": {"name": "synth", "training_clips": 12, "validation_clips": 8, "test_clips": 8, "seconds": 0.5},
    "model": {"width": 1 / 64},
    "base": {"seeds": [0], "steps": 2, "batch": 4},
    "prune": {"criteria": ["l1", "random"], "ratios": [0.5], "scopes": ["C12"], "seeds": [0]},
    "finetune": {"scopes": ["none"]},
    "measure": {"latency": False},
}


def test_a_mapping_and_a_file_are_the_same_run(tmp_path):
    told = []
    first = harness.run(
        TABLES,
        tmp_path / "run",
        cache=tmp_path / "cache",
        on_progress=lambda progress, news: told.append(news),
    )
    assert first == (again := harness.run(TABLES, str(tmp_path / "run"), cache=str(tmp_path / "cache")))
    assert again.failed == 0
    (tmp_path / "small.toml").write_text(tomli_w.dumps(TABLES))
    harness.run(
        tmp_path / "small.toml", tmp_path / "other", cache=tmp_path / "cache", settings=["name=small"]
    )
    one, other = (reports.load_frame(tmp_path / name) for name in ("run", "other"))
    assert len(one) == first.cells > 1
    assert one["cell"].tolist() == other["cell"].tolist()
    assert one["map"].tolist() == other["map"].tolist()
    assert sum(news is not None and news.phase == "cells" for news in told) == first.cells
    written = reports.write(tmp_path / "run", tables_only=True)
    assert (tmp_path / "run" / "report" / "summary.csv") in written.files
    assert repr(written).startswith("<Report of small: ")
    assert len(repr(written)) < 300


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("quik", "neither a preset nor an existing TOML file; did you mean `quick`"),
        ({"prune": {"ratio": [0.5]}}, "configuration: Unknown key `prune.ratio`; did you mean `ratios`"),
        (
            {"prune": {"ratios": object()}},
            "`prune.ratios` must be a number, text, true or false, a list or a mapping",
        ),
        ({"prune.ratios": [0.5]}, 'Found `prune.ratios`. Write `{"prune": {"ratios": …}}`'),
        (
            {"model": {"checkpoint": None}},
            "`model.checkpoint` must have a value. Found None: leave the key out",
        ),
        ({"prune": {"criteria": {"l1"}}}, "`prune.criteria` must be a number, text, true or false, a list"),
        (None, "A configuration is the name of a preset, the path of a TOML file or a mapping. Found `None`"),
    ],
)
def test_a_wrong_configuration_is_a_sentence(tmp_path, given, said):
    with pytest.raises(InputError) as refused:
        harness.run(given, tmp_path / "run")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"on_progress": True}, "`on_progress` is a function of the progress and"),
        ({"cache": 3}, "A cache is named by its path, such as `runs/cache`. Found `3`"),
        ({"folder": None}, "A run folder is named by its path, such as `runs/quick`. Found `None`"),
        ({"settings": [("prune.ratios", 0.5)]}, "Settings are texts `KEY=VALUE` or a mapping"),
        ({"settings": "prune.ratio=0.5"}, "Unknown key `prune.ratio`; did you mean `ratios`"),
    ],
)
def test_a_wrong_argument_is_a_sentence(tmp_path, arguments, said):
    with pytest.raises(InputError) as refused:
        harness.run("quick", **{"folder": tmp_path / "run", **arguments})
    assert said in str(refused.value)
    assert not (tmp_path / "run").exists()


def test_a_sweep_takes_a_configuration_and_paths(tmp_path):
    with pytest.raises(
        InputError, match=r"`run_sweep` takes what `harness.load_config` gives.* Found `'quick'`"
    ):
        harness.run_sweep("quick", tmp_path / "run", tmp_path / "cache")
    with pytest.raises(InputError, match="A cache is named by its path"):
        harness.run_sweep(harness.load_config(TABLES), tmp_path / "run", None)
    assert list(tmp_path.iterdir()) == []


def test_values_of_numpy_and_criteria_are_what_they_say():
    """What a notebook has in hand: arrays, ranges, paths, criteria and data sets as values."""
    config = harness.load_config(
        {
            "base": {"seeds": range(2), "steps": np.int64(3)},
            "data": DataOptions(training_clips=3),
            "prune": {"ratios": np.array([0.25, 0.5]), "criteria": (pruners.get("taylor"), "random")},
        }
    )
    assert config.base.seeds == (0, 1)
    assert config.base.steps == 3
    assert config.data[0].training_clips == 3
    assert config.prune.ratios == (0.25, 0.5)
    assert config.prune.criteria == ("taylor", "random")


def test_settings_may_be_a_mapping_or_one_text():
    expected = harness.load_config("quick", ["prune.ratios=[0.25]", "name=mine"])
    assert harness.load_config("quick", {"prune.ratios": np.array([0.25]), "name": "mine"}) == expected
    assert harness.load_config("quick", "name=mine").name == "mine"
    assert harness.load_config("quick", {"data": {"name": "synth", "seed": 3}}).data[0].seed == 3
    limits = harness.load_config("quick", {"prune.limits": [{"macs": 3e6}]}).prune.limits
    assert limits == harness.load_config("quick", ["prune.limits=[{macs = 3e6}]"]).prune.limits
    with pytest.raises(InputError, match="a ratio must lie in"):
        harness.load_config("quick", {"prune.ratios": float("nan")})
    assert harness.load_config("quick", None) == harness.load_config("quick")
