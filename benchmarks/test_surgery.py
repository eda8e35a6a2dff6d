"""Surgery on a full-width Cnn14 beside a plain copy of it; `tox -e bench`."""

import copy

import pytest

from prunebench.harness import Cnn14, prune
from prunebench.pruners import get


@pytest.fixture(scope="module")
def model():
    return Cnn14()


def test_copying_the_model(benchmark, model):
    benchmark.group = "surgery, full width"
    benchmark(copy.deepcopy, model)


def test_pruning_half_of_the_last_six(benchmark, model):
    benchmark.group = "surgery, full width"
    pruned = benchmark.pedantic(prune, (model, get("l1"), 0.5), rounds=5, warmup_rounds=1)
    assert pruned.widths[6:] == (256, 256, 512, 512, 1024, 1024)
