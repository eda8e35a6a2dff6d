"""Making a set: as a run trains, resumable, from configurations that train."""

import shutil

import pytest
import torch
from click.testing import CliRunner

from prunebench.eval.errors import InputError
from prunebench.harness.cells.base_job import base_job, load_base
from prunebench.harness.cells.base_model import build_base
from prunebench.harness.config.config import load_config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.freezing.__main__ import freeze
from prunebench.harness.freezing.freezing import freeze_bases
from prunebench.harness.frozen.frozen_file import FrozenFile
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.workspace.cache import Cache


@pytest.fixture
def config(frozen_set, tmp_path):
    (tmp_path / "mine.toml").write_text(frozen_set[0])
    return lambda *overrides: load_config(str(tmp_path / "mine.toml"), overrides)


def silent(*told):
    pass


def test_the_models_are_those_that_a_run_trains(config, frozen_set, tmp_path):
    one = config("base.seeds=[1]")
    plan = make_plan(one, [opened(one.data[0])])
    job, cache = base_job(one, plan.bases[0], one.data[0], plan.subjects[0]), Cache(tmp_path / "cache")
    figures = build_base(job, cache)
    trained = load_base(job, cache).model.state_dict()
    (path,) = frozen_set[1].glob("*seed1*")
    file = FrozenFile.named(path)
    for name, value in file.load().model.state_dict().items():
        assert torch.allclose(value, trained[name], rtol=1e-3, atol=1e-6), name
    said = file.metadata()
    assert said.quality.test_map == pytest.approx(figures["test_map"], abs=0.01)
    assert (said.recipe["steps"], said.recipe["batch"]) == (4, 8)
    assert not {"seeds", "frozen", "pretrained"} & said.recipe.keys()


def test_what_is_trained_is_not_trained_again_and_one_file_a_seed_is_left(
    config, frozen_set, tmp_path, monkeypatch
):
    cache = Cache(tmp_path / "cache")
    shutil.copytree(frozen_set[1].parent / "cache", cache.root)
    monkeypatch.setattr("prunebench.harness.cells.base_model.fit", None)
    old = tmp_path / "set" / f"tiny-w32-seed0-{'0' * 12}.safetensors"
    old.parent.mkdir()
    for name in (old.name, "other-seed0-0123456789ab.safetensors"):
        (old.parent / name).write_bytes(b"")
    found = list(freeze_bases(config(), tmp_path / "set", cache, silent))
    assert [file.digest for file in found] == [
        FrozenFile.named(next(frozen_set[1].glob(f"*seed{seed}*"))).digest for seed in (0, 1)
    ]
    assert not old.exists()
    assert len(list(old.parent.iterdir())) == 3


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["name=Tiny"], "lower-case letters and digits"),
        (['model=[{network="cnn6"},{network="cnn14"}]'], "one data set. Found networks: 2, data sets: 1"),
        (["base.frozen=tiny-w32"], r"Found `base\.frozen` or `model\.checkpoint`"),
    ],
)
def test_configurations_of_which_no_set_can_be_made(
    config, install_bases, frozen_set, tmp_path, overrides, message
):
    install_bases(*frozen_set[1].glob("*.safetensors"))
    with pytest.raises(InputError, match=message):
        list(freeze_bases(config(*overrides), tmp_path / "set", Cache(tmp_path / "cache"), silent))
    assert not (tmp_path / "set").exists()
    assert not (tmp_path / "cache").exists()


def test_the_command_says_what_it_wrote_and_what_is_wrong(frozen_set, tmp_path, monkeypatch):
    shutil.copytree(frozen_set[1].parent / "cache", tmp_path / "cache")
    monkeypatch.setenv("PRUNEBENCH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "mine.toml").write_text(frozen_set[0])
    done = CliRunner().invoke(freeze, [str(tmp_path / "mine.toml"), "-o", str(tmp_path / "set")])
    assert done.exit_code == 0, done.output
    assert done.stdout.count("test mAP 0.") == 2
    wrong = CliRunner().invoke(freeze, ["nothing.toml", "-o", str(tmp_path / "none")])
    assert wrong.exit_code == 2
    assert "`nothing.toml` is neither a preset nor an existing TOML file" in wrong.output
    assert "--help" in CliRunner().invoke(freeze, ["--help"]).output
