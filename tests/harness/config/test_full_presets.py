"""The presets of full size: PANNs' settings, classes refused, devices."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from prunebench.eval import count_macs
from prunebench.eval.errors import InputError
from prunebench.harness.config.config import load_config
from prunebench.harness.config.preset_files import PRESETS
from prunebench.harness.data import DataOptions, open_dataset
from prunebench.harness.networks.checkpoint import save_checkpoint
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.plan import subjects as subject
from prunebench.harness.sweep.preview import few_draws
from prunebench.harness.sweep.skipped import write_skipped
from prunebench.harness.training.full_recipe import FullRecipe

# The preset as it was at first: with base models that are trained, on any data.
QUICK = str(Path(__file__).parents[2] / "schemas" / "configurations" / "quick.toml")

ROOT = "data.root=AUDIOSET"


@pytest.mark.parametrize("preset", ["panns", "epanns"])
def test_presets_train_as_panns_does(preset):
    config = load_config(preset, [ROOT, "base.at_scale.device=cpu"])
    recipe = config.base.recipe if preset == "panns" else config.finetune.recipe(config.finetune.rates[0])
    assert isinstance(recipe, FullRecipe)
    assert (recipe.batch, recipe.learning_rate, recipe.mixup, recipe.spec_augment) == (32, 1e-3, 1.0, True)
    assert (recipe.optimiser, recipe.schedule, recipe.sampling) == ("adam", "constant", "balanced")
    assert (recipe.warmup, recipe.weight_decay, recipe.clip_norm) == (0, 0, math.inf)
    assert (recipe.evaluate_every, recipe.accumulate, recipe.devices) == (2000, 1, 1)


@pytest.mark.parametrize("preset", PRESETS)
def test_random_is_drawn_three_times_in_every_preset(preset):
    config = load_config(preset, [ROOT] if preset in ("panns", "epanns") else [])
    assert not list(few_draws(config))
    assert len(config.prune.seeds) >= 3


def pairs(config):
    found = subject.pairs(config.prune.parsed_scopes(), config.finetune.scopes)
    return [(scope.label, finetune_scope) for scope, finetune_scope in found]


def test_epanns_prunes_as_the_paper_and_with_its_controls():
    config = load_config("epanns", [ROOT])
    assert config.prune.criteria == ("operator_norm_released", "operator_norm", "random")
    assert config.prune.ratios == (0.25, 0.5, 0.75)
    assert pairs(config) == [("C7-C12", "all")]
    assert config.finetune.rates == (1e-3,)


def test_the_device_is_resolved_when_it_is_read():
    assert load_config("panns", [ROOT]).base.at_scale.device in ("cuda", "mps", "cpu")
    with pytest.raises(InputError, match="device must be one of"):
        load_config("panns", [ROOT, "base.at_scale.device=tpu"])


def test_other_classes_are_refused(tmp_path):
    data = open_dataset(DataOptions(training_clips=4, validation_clips=4, test_clips=4))
    small = Cnn14([2] * 12, len(data.class_names), 4)
    other = ("bell", *data.class_names[1:])
    for number, (classes, names) in enumerate(((5, None), (len(other), other), (len(other), None))):
        path = tmp_path / f"{number}.pt"
        model = small if classes == small.n_classes else Cnn14([2] * 12, classes, 4)
        save_checkpoint(model, path, style="prunebench", class_names=names)
        (section,) = load_config(
            QUICK, [f"model.checkpoint='{path}'", "model.adapt=none", "model.width=0.125"]
        ).model
        if number == 0:
            with pytest.raises(InputError, match=r"Found 5 outputs and 24 classes in `synth"):
                subject.unpruned_tagger(section, data)
        elif number == 1:
            with pytest.raises(InputError, match=r"output 0 named `bell` and class 0 of `synth.*` named"):
                subject.unpruned_tagger(section, data)
        else:
            assert subject.unpruned_tagger(section, data).n_classes == 24


def test_a_width_that_everything_has_is_no_wish(tmp_path):
    (tmp_path / "x.pt").write_bytes(b"")
    config = load_config("quick", ["base.pretrained=false", f"model.checkpoint='{tmp_path / 'x.pt'}'"])
    resolved = tmp_path / "config.toml"
    resolved.write_text(config.to_toml())
    assert "width = 0.125" in resolved.read_text()
    assert load_config(str(resolved)) == config
    with pytest.raises(InputError, match="a checkpoint has its own"):
        load_config(str(resolved), ["model.width=0.25"])


def test_macs_of_the_low_rates_take_their_window():
    full = count_macs(Cnn14([2] * 12, 3, 4))
    half = count_macs(Cnn14([2] * 12, 3, 4, sample_rate=16000))
    assert half.backbone == full.backbone
    assert half.with_frontend - half.backbone == 2 * 257 * 512 * 1001


def test_skipped_clips_are_listed(tmp_path):
    data = open_dataset(DataOptions(training_clips=4, validation_clips=4, test_clips=4))
    assert write_skipped(tmp_path, [data]) == 0
    assert not list(tmp_path.iterdir())
    assert write_skipped(tmp_path, [data, replace(data, skipped=(("a, b.wav", "no sound"),))]) == 1
    lines = (tmp_path / "skipped.csv").read_text().splitlines()
    assert lines == ["data,clip,reason", f'{data.label},"a, b.wav",no sound']
