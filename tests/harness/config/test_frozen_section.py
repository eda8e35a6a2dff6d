"""`base.frozen`: what it fills in, and what contradicts it."""

import hashlib
import json

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save

from prunebench.eval.errors import InputError
from prunebench.harness.config.config import Config, load_config
from prunebench.harness.config.overrides import network_overrides
from prunebench.harness.frozen.frozen_file import KEY

FROZEN = "base.frozen=tiny-w32"


@pytest.fixture
def config(frozen_set, install_bases, tmp_path):
    """Reads the configuration that the set was trained with, less its recipe, with overrides."""
    text, folder = frozen_set
    install_bases(*folder.glob("*.safetensors"))
    (tmp_path / "mine.toml").write_text(text.replace("steps = 4\nbatch = 8\n", ""))
    return lambda *overrides: load_config(str(tmp_path / "mine.toml"), overrides)


def test_the_recipe_is_that_of_the_set(config):
    found = config(FROZEN)
    assert (found.base.steps, found.base.batch, found.base.loaded) == (4, 8, "tiny-w32")
    again = config(FROZEN, "base.pretrained=false")
    assert (again.base.recipe, again.base.loaded) == (found.base.recipe, None)
    for resolved in (found, again):
        table = resolved.table()
        assert Config.model_validate(table) == resolved
        assert ("pretrained" in table["base"]) == (resolved is again)


def test_what_is_said_beside_it_must_agree_unless_it_is_trained(config):
    assert config(FROZEN, "base.steps=4").base.loaded == "tiny-w32"
    with pytest.raises(
        InputError,
        match=r"--set base\.steps=5: .*trained with 4\. Found 5: leave out `base\.steps`, or set `base\.p",
    ):
        config(FROZEN, "base.steps=5")
    with pytest.raises(InputError, match=r"`base\.mixup` cannot change .* with 0\.0\. Found 0\.2"):
        config(FROZEN, "base.mixup=0.2")
    found = config(FROZEN, "base.steps=5", "base.pretrained=false")
    assert (found.base.steps, found.base.batch) == (5, 8)


def test_a_set_that_converged_is_trained_so_again_unless_steps_are_given(config, monkeypatch):
    converge = {"most_steps": 90, "evaluate_every": 10, "patience": 20, "warmup_steps": 3, "cooldown": 0.2}
    recipe = {"steps": 1000, "batch": 8, "converge": converge}
    monkeypatch.setattr("prunebench.harness.config.frozen_section._recipe_of", lambda name: recipe)
    for found in (config(FROZEN), config(FROZEN, "base.pretrained=false")):
        assert found.base.converge.model_dump() == converge
        assert Config.model_validate(found.table()) == found
    with pytest.raises(
        InputError, match=r"were trained until they converged\. Found 50: leave out `base\.\w+`, or set"
    ):
        config(FROZEN, "base.steps=50")
    with pytest.raises(InputError, match=r"`base\.converge` .* with most_steps 90, .*Found most_steps 80, "):
        config(FROZEN, "base.converge.most_steps=80")
    found = config(FROZEN, "base.pretrained=false", "base.steps=50")
    assert (found.base.steps, found.base.batch, found.base.converge) == (50, 8, None)
    assert config(FROZEN, "base.pretrained=false", "base.at_scale.device=cpu").base.converge is None
    again = config(FROZEN, "base.pretrained=false", "base.converge.most_steps=80")
    assert again.base.converge.model_dump() == {**converge, "most_steps": 80}
    recipe["newer"] = 1
    with pytest.raises(InputError, match="that this version of prunebench does not have"):
        config(FROZEN)


def test_a_set_that_says_of_itself_to_start_from_a_set_is_read_without_that(
    frozen_set, install_bases, tmp_path
):
    text, folder = frozen_set
    file = next(folder.glob("*-seed0-*"))
    with safe_open(file, framework="pt") as opened:
        said = json.loads(opened.metadata()[KEY])
    said["recipe"] |= {"frozen": "tiny-w32", "pretrained": True, "seeds": [7]}
    data = save(load_file(file), metadata={KEY: json.dumps(said)})
    circular = tmp_path / f"tiny-w32-seed0-{hashlib.sha256(data).hexdigest()[:12]}.safetensors"
    circular.write_bytes(data)
    install_bases(circular)
    (tmp_path / "mine.toml").write_text(text)
    found = load_config(str(tmp_path / "mine.toml"), [FROZEN, "base.seeds=[0]"])
    assert (found.base.loaded, found.base.seeds, found.base.steps) == ("tiny-w32", (0,), 4)


def test_pretrained_says_nothing_without_a_set(config):
    assert config("base.pretrained=false") == config()
    assert "pretrained" not in config("base.pretrained=false").table()["base"]
    with pytest.raises(InputError, match=r'`base\.pretrained` must be `true` or `false`. Found "maybe"'):
        config("base.pretrained=maybe")


def test_sets_and_seeds_that_are_not_there(config):
    with pytest.raises(
        InputError, match=r"--set base\.frozen=tiny: `base\.frozen`: Unknown set .* did you mean `tiny-w32`"
    ):
        config("base.frozen=tiny")
    with pytest.raises(
        InputError,
        match=r"--set base\.frozen=tiny: `base\.frozen` must name a set whose settings can be read, "
        r".* did you mean `tiny-w32`",
    ):
        config("base.frozen=tiny", "base.pretrained=false")
    own = ("base.batch=8", "base.learning_rate=1e-3")  # as a run folder has them
    assert config("base.frozen=tiny", "base.pretrained=false", *own).base.loaded is None
    with pytest.raises(
        InputError, match=r"contains seed 2 of `tiny-w32`, which is not installed\. Installed: seed 0, 1\. "
    ):
        config(FROZEN, "base.seeds=[0,2]")
    assert config(FROZEN, "base.seeds=[0,2]", "base.pretrained=false").base.seeds == (0, 2)


def test_a_checkpoint_is_another_base_model(config, tmp_path):
    (tmp_path / "mine.pth").write_bytes(b"")
    checkpoint = f"model.checkpoint={tmp_path / 'mine.pth'}"
    with pytest.raises(
        InputError, match=r"`base\.frozen = tiny-w32` and `model\.checkpoint` both name base models"
    ):
        config(FROZEN, checkpoint, "model.width=0.125")
    assert config(FROZEN, checkpoint, "model.width=0.125", "base.pretrained=false").base.loaded is None


def test_another_network_on_the_command_line_is_trained():
    assert "base.pretrained=false" in network_overrides("mobilenet_v2", ())
    assert "base.pretrained=false" in network_overrides("cnn14[width=0.25]", ())
    assert "base.pretrained=false" not in network_overrides("cnn14", ())
