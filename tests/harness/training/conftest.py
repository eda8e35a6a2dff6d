"""Small models of any network, and clips that they can read."""

import numpy as np
import pytest

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.network_registry import resolve_network

CLASSES = 3


@pytest.fixture
def tagger():
    """Makes the model of a label: the same one each time."""

    def made(label="cnn14[width=0.0625]"):
        network = resolve_network(label)
        return Tagger(network, network.build(CLASSES, seed=1))

    return made


@pytest.fixture
def clips_for():
    """Random features that a model reads, and random labels."""

    def made(found, clips=8):
        rng = np.random.default_rng(0)
        shape = found.network.example(found.model).shape[1:]
        return rng.normal(0, 1, (clips, *shape)).astype(np.float32), rng.random((clips, CLASSES)) < 0.5

    return made
