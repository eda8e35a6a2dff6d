"""Models that are not ready to be traced get the call that makes them ready, and stay as they are."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from prunebench import harness
from prunebench.eval.errors import InputError

NETWORK = harness.traced(head=("4",))


def chain(layer=None):
    pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(layer or nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 6, 3), pool, nn.Linear(6, 3))


def in_inference_mode():
    with torch.inference_mode():
        return chain()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: chain(nn.LazyConv2d(8, 3)),
            "`0.weight` of Sequential is not initialised: run the model once",
        ),
        (in_inference_mode, "was made in `torch.inference_mode`: build or load the model outside"),
        (lambda: chain(parametrizations.weight_norm(nn.Conv2d(1, 8, 3))), "`0` in Sequential is computed"),
        (lambda: chain(parametrizations.spectral_norm(nn.Conv2d(1, 8, 3))), "remove_parametrizations"),
        (lambda: chain(prune.identity(nn.Conv2d(1, 8, 3), "weight")), r"`torch\.nn\.utils\.prune\.remove`"),
        (lambda: chain().half(), r"is of type float16: call `\.float\(\)`"),
        (lambda: chain().double(), r"is of type float64: call `\.float\(\)`"),
    ],
)
def test_what_is_not_ready(build, message):
    with pytest.raises(InputError, match=message):
        harness.prune(build(), "l1", 0.5, network=NETWORK)


def test_calibration_needs_single_precision():
    import numpy as np

    from prunebench import pruners
    from prunebench.harness.pruning.scoring import scored_layers

    model = harness.Cnn14([8] * 12, 10, 16).half()
    with pytest.raises(InputError, match="A model must be in single precision"):
        scored_layers(model, pruners.get("apoz"), ["C7"], features=np.zeros((1, 70, 64), dtype=np.float32))


@pytest.mark.parametrize("pruner", ["l1", "taylor"])
def test_pruning_inside_inference_mode_leaves_a_model_that_trains(pruner):
    import numpy as np

    from prunebench import pruners
    from prunebench.harness.networks.contract.tagger import Tagger
    from prunebench.harness.pruning.scoring import scored_layers

    features = np.random.default_rng(0).normal(size=(3, 20, 64)).astype(np.float32)
    model, targets = chain(), np.eye(3, dtype=bool)
    given = (pruners.get(pruner), ["0", "2"])
    expected = scored_layers(Tagger(NETWORK, model), *given, features=features, targets=targets).scores
    with torch.inference_mode():
        found = scored_layers(Tagger(NETWORK, model), *given, features=features, targets=targets).scores
        small = harness.prune(model, "l1", 0.5, network=NETWORK)
    for layer in expected:
        torch.testing.assert_close(found[layer], expected[layer])
    small(torch.zeros(1, 1, 20, 64)).sum().backward()
    assert small[0].weight.shape == (4, 1, 3, 3)
    assert small[0].weight.grad is not None
