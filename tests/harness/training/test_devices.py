"""Processes that train on devices: each begins as if nothing had been trained before."""

import numpy as np
import pytest
import torch

from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.training.full_loop import train_full
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.loop import train
from prunebench.harness.training.placement import Placement
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.tagging_loss import TaggingLoss
from prunebench.harness.training.training import Training

pytest.importorskip("accelerate")
CLIPS, CLASSES = 8, 3
FULL = FullRecipe(steps=1, batch=4, accumulate=2, sampling="shuffled", evaluate_every=0)


def clips():
    rng = np.random.default_rng(0)
    return rng.normal(-40, 10, (CLIPS, 64, 64)).astype(np.float32), rng.random((CLIPS, CLASSES)) < 0.5


def model():
    return Cnn14([2] * 12, CLASSES, 4, seed=3)


def test_a_training_that_failed_within_a_step_leaves_the_next_one_its_steps(monkeypatch):
    def fails(*_):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(TaggingLoss, "forward", fails)
    with pytest.raises(RuntimeError, match="out of memory"):
        train_full(model(), Training(*clips(), FULL, 0))
    found = model()
    train(found, Training(*clips(), Recipe(steps=1, batch=4), 0, placement=Placement("cpu", "bfloat16")))
    assert not torch.equal(found.fc1.weight, model().fc1.weight)
