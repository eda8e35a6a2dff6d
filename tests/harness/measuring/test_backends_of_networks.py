"""Every backend runs a model of every kind of network, and says what torch says."""

import numpy as np
import pytest
import torch

from prunebench.eval import Effort, compare_latency, peak_memory
from prunebench.eval.runtime.backend_latency import Latency, compare_backends
from prunebench.eval.runtime.backends import backend, run_in_batches
from prunebench.harness import resolve_network
from prunebench.harness.measuring.factories import made_shape
from prunebench.harness.networks.contract.measurable import Measurable
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.testing.network_under_test import fill

NETWORKS = ("mn[width=0.1]", "resnet22[width=0.05]", "cnn14_decision_level_max[width=0.05]")
LIGHT = Effort(min_rounds=4, budget_seconds=0.1)


@pytest.fixture(params=NETWORKS)
def model(request):
    network = resolve_network(request.param)
    built = network.build(4, seed=0)
    fill(built, torch.Generator().manual_seed(1))
    return Measurable(Tagger(network, built))


def clips(model, count, frames=101, seed=0):
    return torch.randn(count, frames, model.frontend.mels, generator=torch.Generator().manual_seed(seed))


def usable(name):
    missing = backend(name).missing()
    if missing is not None:
        pytest.skip(missing)


@pytest.mark.parametrize("name", ["eager", "folded", "onnxruntime"])
def test_the_same_scores(model, name):
    same_scores(model, name)


@pytest.mark.parametrize(
    "model",
    [pytest.param(name, marks=pytest.mark.slow if name.startswith("cnn14") else ()) for name in NETWORKS],
    indirect=True,
)
def test_the_same_scores_by_openvino(model):
    """It compiles a graph for seconds; tests/eval/runtime/test_backends.py tries it on Cnn14."""
    same_scores(model, "openvino")


def same_scores(model, name):
    usable(name)
    run = backend(name).prepare(model, "from_log_mel", clips(model, 2), 1)
    with torch.inference_mode():
        for x in (clips(model, 2, seed=1), clips(model, 3, 157, seed=2)):
            for ours, theirs in zip(run(x), model.from_log_mel(x), strict=True):
                assert torch.allclose(ours, theirs, atol=1e-4 * float(theirs.abs().max()))


def test_batch_norms_are_folded(model):
    run = backend("folded").prepare(model, "from_log_mel", clips(model, 1), 1)
    norms = [
        sum(isinstance(module, torch.nn.BatchNorm2d) for module in found.modules()) for found in (run, model)
    ]
    # `bn0` of PANNs reads the features.
    assert (norms[0], norms[1] > 10) == (int(hasattr(model.model, "bn0")), True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # the compiler's own
def test_compiled(model):
    usable("compile")
    run = backend("compile").prepare(model, "from_log_mel", clips(model, 2), 1)
    x = clips(model, 2, seed=1)
    with torch.inference_mode():
        expected = model.from_log_mel(x).logits
        assert torch.allclose(run(x)[0], expected, atol=1e-4 * float(expected.abs().max()))


def test_integers_are_near(model):
    usable("onnxruntime-int8")
    run = backend("onnxruntime-int8").prepare(model, "from_log_mel", clips(model, 8), 1)
    x = clips(model, 6, seed=1)
    with torch.inference_mode():
        expected = model.from_log_mel(x).probabilities.numpy()
    found = run_in_batches(run, x.numpy(), 4)
    assert found.shape == expected.shape
    assert 0 < np.abs(found - expected).mean() < 0.1


@pytest.mark.slow
def test_shapes_of_a_network_side_by_side():
    whole = {"network": "mn[width=0.1]", "files": (), "n_classes": 4, "widths": {}}
    narrow = whole | {"widths": {"features.16.0": 8}}
    shapes = {"whole": whole, "narrow": narrow}
    found = compare_latency(made_shape, shapes, "whole", input_shape=(1, 100, 128), effort=LIGHT)
    assert found["whole"]["latency_backbone_ratio"] == 1
    assert found["narrow"]["latency_backbone_ms"] > 0
    through = compare_backends(
        made_shape, shapes, "whole", ["eager", "folded"], input_shape=(2, 100, 128), effort=LIGHT
    )
    assert all(isinstance(timed, Latency) for by_name in through.values() for timed in by_name.values())
    assert peak_memory(made_shape, narrow, (1, 1000, 128)) > 0
