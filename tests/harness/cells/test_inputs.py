"""What a cell trains, recalibrates and predicts on."""

import numpy as np
import pytest
from torch import nn

from prunebench.harness.cells import inputs as module
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.finetuning import Finetuning
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.data import DataOptions
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.workspace.cache import Cache

LABELS = np.array([[True, False], [False, True], [True, True]])
TAUGHT = np.array([[0.5, 0.25], [0.75, 1.0], [0.0, 0.5]], np.float32)
FEATURES = np.random.default_rng(0).normal(size=(3, 40, 64)).astype(np.float32)
STEM = np.ones((3, 4, 5, 8), np.float32)
BASE = BaseJob("base", DataOptions(), Architecture((2,) * 12, 4, 24), Recipe(5), seed=0)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "split_targets", lambda data, split: LABELS)
    monkeypatch.setattr(module, "split_features", lambda data, split, cache, front: FEATURES)
    monkeypatch.setattr(module, "stem_features", lambda base, split, cache: STEM)
    monkeypatch.setattr(module, "teacher_probabilities", lambda base, cache: TAUGHT)
    return Cache(tmp_path)


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        (0.25, [[0.875, 0.0625], [0.1875, 1.0], [0.75, 0.875]]),
        (0.75, [[0.625, 0.1875], [0.5625, 1.0], [0.25, 0.625]]),
        (1.0, TAUGHT.tolist()),
    ],
)
def test_the_weight_of_distillation_is_that_of_the_base_model(cache, weight, expected):
    targets = Inputs.of(BASE, None, cache).training(Recipe(3), 1, distillation=weight).targets
    assert targets.dtype == np.float32
    np.testing.assert_allclose(targets, expected, atol=1e-6)


def test_without_distillation_the_labels_are_taken_as_they_are(cache, monkeypatch):
    monkeypatch.setattr(module, "teacher_probabilities", lambda *_: pytest.fail("nobody teaches"))
    training = Inputs.of(BASE, None, cache).training(Recipe(3), 1, evaluate_every=2)
    assert training.targets is LABELS
    assert (training.recipe, training.seed, training.evaluate_every) == (Recipe(3), 1, 2)


@pytest.mark.parametrize(("scope", "tail"), [("tail", True), ("all", False), (None, False)])
def test_the_tail_reads_what_the_stem_gave_and_all_else_features(cache, scope, tail):
    finetuning = None if scope is None else Finetuning(scope, Recipe(9), seed=3)
    inputs = Inputs.of(BASE, finetuning, cache)
    assert inputs.recipe == (BASE.recipe if finetuning is None else finetuning.recipe)
    assert inputs.tail == tail
    assert inputs.clips("training") is (STEM if tail else FEATURES)
    assert inputs.training(Recipe(3), 1).tail == tail


@pytest.mark.parametrize(("clips", "rows"), [(2, 2), (3, 3), (99, 3)])
def test_batch_norm_is_estimated_on_so_many_training_clips(cache, monkeypatch, clips, rows):
    asked = []
    monkeypatch.setattr(
        module, "recalibrate", lambda model, inputs, rows, tail: asked.append((inputs, rows, tail))
    )
    Inputs.of(BASE, None, cache).recalibrate(nn.Linear(1, 1), clips)
    ((given, chosen, tail),) = asked
    assert given is FEATURES
    assert not tail
    assert len(set(chosen.tolist())) == rows
    assert set(chosen.tolist()) <= {0, 1, 2}
