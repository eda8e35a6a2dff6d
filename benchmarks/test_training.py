"""One training step at width 1/8 on sixteen one-second clips, beside its forward pass; `tox -e bench`."""

import numpy as np
import pytest
import torch

from prunebench.harness import Cnn14
from prunebench.harness.networks.architecture import scaled_embedding, scaled_widths
from prunebench.harness.training.loop import train
from prunebench.harness.training.prediction import predict, stem_outputs
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.training import Training

CLIPS = 16


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    features = rng.normal(-40, 10, (CLIPS, 101, 64)).astype(np.float32)
    return features, rng.random((CLIPS, 24)) < 0.1


@pytest.fixture(scope="module")
def model():
    return Cnn14(scaled_widths(1 / 8), n_classes=24, embedding=scaled_embedding(1 / 8))


def test_forward(benchmark, model, clips):
    benchmark.group = "16 clips of 1 s, width 1/8"
    benchmark(predict, model, clips[0], batch=CLIPS)


def test_step(benchmark, model, clips):
    benchmark.group = "16 clips of 1 s, width 1/8"
    benchmark(train, model, Training(*clips, Recipe(steps=1), seed=0))


def test_step_of_the_tail(benchmark, model, clips):
    benchmark.group = "16 clips of 1 s, width 1/8"
    stem = np.concatenate(list(stem_outputs(model, clips[0])))
    benchmark(train, model, Training(stem, clips[1], Recipe(steps=1), seed=0, tail=True))
