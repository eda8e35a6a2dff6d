"""A cell works where its base job says: `meta` stands for a device, and no tensor of the processor may meet it."""

import dataclasses

import numpy as np
import pytest

from prunebench.harness.cells.base_job import BaseJob, load_base
from prunebench.harness.cells.base_outputs import stem_features, teacher_probabilities
from prunebench.harness.cells.finetuning import Finetuning
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.cells.scores import ScoringJob, score_base
from prunebench.harness.data import DataOptions
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.checkpoint import save_checkpoint
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.pruning import scoring
from prunebench.harness.training.filter_masks import Masking
from prunebench.harness.training.fit import fit
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.placement import CPU, Placement
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.workspace.cache import Cache

WIDTHS = (2,) * 12
META = Placement("meta")
DATA = DataOptions(seconds=0.5, training_clips=8, validation_clips=4, test_clips=4)
BASE = BaseJob("base", DATA, Architecture(WIDTHS, 4, 24), Recipe(steps=2, batch=4), seed=0, placement=META)


@pytest.fixture
def cache(tmp_path):
    cache = Cache(tmp_path)
    folder = cache.base(BASE.identity)
    folder.mkdir(parents=True)
    save_checkpoint(Cnn14(WIDTHS, 24, 4, seed=1), folder / "model.pt")
    return cache


def devices_of(model):
    return {tensor.device.type for tensor in model.model.state_dict().values()}


@pytest.mark.parametrize("held", [True, False])
def test_filters_are_masked_where_the_model_is_trained(cache, held, one_device):
    pytest.importorskip("accelerate")
    model, seen = load_base(BASE, cache), []

    def choose(tagger, number, masked):
        seen.append(devices_of(tagger))
        return {"C8": (0,), "C12": (1,)}

    training = Inputs.of(BASE, Finetuning("all", Recipe(steps=2, batch=4), seed=3), cache).training(
        Recipe(steps=2, batch=4), 3
    )
    fit(model, dataclasses.replace(training, masking=Masking((0, 1, 2), choose, held=held)))
    assert seen == [{"meta"}] * 3
    assert devices_of(model) == {"cpu"}


@pytest.mark.parametrize("scope", ["tail", "all"])
def test_fine_tuning_recalibration_and_measuring(cache, scope, one_device):
    model = load_base(BASE, cache)
    inputs = Inputs.of(BASE, Finetuning(scope, Recipe(steps=2, batch=4), seed=3), cache)
    inputs.recalibrate(model, 4)
    training = inputs.training(inputs.recipe, 3, distillation=0.5, evaluate_every=1)
    assert training.placement == META
    pytest.importorskip("accelerate")
    assert [step for step, _ in fit(model, training).curve] == [0, 1, 2]
    assert inputs.scores(model)["test"].shape == (4, 24)
    assert devices_of(model) == {"cpu"}


def test_what_is_kept_of_a_base_model(cache, one_device):
    assert stem_features(BASE, "test", cache).shape[:2] == (4, 2)
    assert teacher_probabilities(BASE, cache).shape == (8, 24)


@pytest.mark.parametrize("criterion", ["taylor", "energy", "variance[fold=true]", "group_fisher", "jacobian"])
def test_criteria_on_clips_are_scored_on_the_device(cache, criterion, monkeypatch, one_device):
    monkeypatch.setattr(scoring, "departure", lambda scores: None)  # scores on `meta` have no values
    job = ScoringJob(BASE, criterion, None, ("C7", "C12"), calibration_clips=4)
    assert {layer: len(scores) for layer, scores in score_base(job, cache).scores.items()} == {
        "C7": 2,
        "C12": 2,
    }


def test_criteria_on_weights_are_scored_on_the_processor_everywhere(cache):
    job = ScoringJob(BASE, "l1", None, ("C7",), calibration_clips=4)
    usual = dataclasses.replace(job, base=dataclasses.replace(BASE, placement=CPU))
    np.testing.assert_array_equal(score_base(job, cache).scores["C7"], score_base(usual, cache).scores["C7"])


def test_a_recipe_of_full_size_says_its_device_itself(cache):
    full = dataclasses.replace(BASE, recipe=FullRecipe(steps=2, batch=4, device="cpu", precision="bfloat16"))
    assert Inputs.of(full, None, cache).placement == Placement("cpu", "bfloat16")
    assert Inputs.of(BASE, None, cache).placement == META
