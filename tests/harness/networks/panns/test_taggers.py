"""What every network of PANNs does at any width."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunebench.eval.errors import InputError
from prunebench.eval.runtime.onnx_graph import onnx_bytes
from prunebench.harness.networks.frontend import PANNS, SILENCE
from prunebench.harness.networks.panns.decision_level import Cnn14DecisionLevelMax
from prunebench.harness.networks.panns.mobilenet_v2 import Bottleneck, MobileNetV2
from prunebench.harness.networks.panns.panns_tagger import LogMelTagger
from prunebench.harness.networks.panns.plain_cnn import Cnn6
from prunebench.harness.networks.panns.resnet import BasicBlock, ResNet22
from prunebench.harness.networks.panns.wavegram import WavegramLogmelCnn14

WIDTH = 1 / 16
SECOND = PANNS.sample_rate
# What an ONNX graph is traced on, and what it is given: more clips, shorter and longer ones, odd numbers of hops.
SHAPES = {
    "forward": ((1, 40_000), [(2, 65 * 320), (1, 700), (3, 71 * 320 + 319)]),
    "from_log_mel": ((1, 101, 64), [(2, 65, 64), (1, 5, 64)]),
}


@pytest.fixture
def clips():
    """Two clips of a second."""
    return torch.randn(2, SECOND, generator=torch.Generator().manual_seed(1)) / 10


def test_outputs_and_their_sizes(network, clips):
    model = network(width=WIDTH, n_classes=3).eval()
    with torch.inference_mode():
        output = model(clips)
    assert output.logits.shape == output.probabilities.shape == (2, model.n_classes) == (2, 3)
    assert output.embedding.shape == (2, model.embedding)
    assert torch.equal(output.probabilities, output.logits.sigmoid())
    assert (model.sample_rate, model.frontend) == (32000, PANNS)


def test_a_step_of_training_lowers_the_loss(network, clips):
    model = network(width=WIDTH, n_classes=3).train()
    targets = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])

    def loss():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(2)  # the same dropout each time
            return F.binary_cross_entropy_with_logits(model(clips).logits, targets)

    trained = [p for p in model.parameters() if p.requires_grad]
    before = loss()
    gradients = torch.autograd.grad(before, trained)  # fails where a parameter takes no part
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    with torch.no_grad():
        for parameter, gradient in zip(trained, gradients, strict=True):
            parameter -= 1e-3 / norm * gradient
    assert loss() < before


def test_initial_weights_are_a_function_of_the_seed_and_leave_the_global_generator_alone(network):
    before = torch.random.get_rng_state()
    first, again, other = (network(width=WIDTH, n_classes=3, seed=seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[key], again[key]) for key in first)
    drawn = [
        key for key, tensor in first.items() if tensor.ndim > 1 and not key.startswith(("spec", "logmel"))
    ]
    assert not any(torch.equal(first[key], other[key]) for key in drawn)
    assert all(tensor.abs().max() == 0 for key, tensor in first.items() if key.endswith("fc1.bias"))


def test_the_narrowest_network_has_a_channel_in_each_layer(network, clips):
    model = network(width=1e-9, n_classes=1).eval()
    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    expansion = 6 if network is MobileNetV2 else 1
    assert {len(layer.weight) for layer in layers} <= {1, expansion}
    assert model(clips).logits.isfinite().all()


def test_narrow_networks_have_the_same_sums_as_the_published_one():
    blocks = [
        [m.adds_input for m in MobileNetV2(width=width, n_classes=2).modules() if isinstance(m, Bottleneck)]
        for width in (1.0, 1e-9)
    ]
    assert blocks[0] == blocks[1]
    assert sum(blocks[0]) == 10


def test_a_new_residual_block_passes_on_its_input():
    block = next(m for m in ResNet22(width=WIDTH, n_classes=2).eval().modules() if isinstance(m, BasicBlock))
    x = torch.rand(1, 4, 6, 6)
    torch.testing.assert_close(block(x), x, rtol=0, atol=0)


def test_pooling_leaves_one_frame_of_the_shortest_clip(network):
    model = network(width=WIDTH, n_classes=3).eval()
    if isinstance(model, LogMelTagger):
        features = torch.zeros(1, model.shortest_frames, 64)
        assert model.maps(model.normalised(features)).shape[2] == 1
        short = torch.randn(1, 5, 64) * 10 - 40
        padded = F.pad(short, (0, 0, 0, model.shortest_frames - 5), value=SILENCE)
        assert torch.equal(model.from_log_mel(short).logits, model.from_log_mel(padded).logits)
    clip = torch.randn(1, 700)
    padded = F.pad(clip, (0, (model.shortest_frames - 1) * 320 - 700))
    assert torch.equal(model(clip).logits, model(padded).logits)


@pytest.mark.parametrize("samples", [64 * 320, 64 * 320 + 319, 65 * 320, 65 * 320 + 319, 66 * 320 - 1])
def test_a_wavegram_is_as_long_as_what_it_is_laid_beside(samples):
    model = WavegramLogmelCnn14(width=WIDTH, n_classes=2).eval()
    clip = torch.randn(1, samples)
    frames = model.log_mel(clip).shape[1]
    assert model.wavegram(clip).shape[2:] == (frames // 2, 32)
    assert model(clip).logits.shape == (1, 2)


def test_the_logit_of_a_clip_is_the_highest_of_its_parts(clips):
    model = Cnn14DecisionLevelMax(width=WIDTH, n_classes=3).eval()
    output = model(clips)
    assert output.framewise.shape == (2, 3, 3)  # 101 frames
    assert torch.equal(output.logits, output.framewise.amax(1))
    assert not torch.equal(output.framewise[:, 0], output.framewise[:, 1])


@pytest.mark.parametrize(
    "wrong", [{"width": 0}, {"width": float("inf")}, {"width": float("nan")}, {"n_classes": 0}]
)
def test_impossible_arguments(wrong):
    (name,) = wrong
    with pytest.raises(InputError, match=f"Parameter `{name}` must be"):
        Cnn6(**wrong)


def test_an_onnx_graph_takes_any_number_of_clips_of_any_length(network):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    width = 3 / 8 if network is WavegramLogmelCnn14 else WIDTH  # a Wavegram of more than one map
    model = network(width=width, n_classes=3).eval()
    for method in ("forward", "from_log_mel") if isinstance(model, LogMelTagger) else ("forward",):
        traced, others = SHAPES[method]
        graph = onnx_bytes(model, method, traced)
        session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
        for shape in others:
            given = torch.randn(shape, generator=torch.Generator().manual_seed(6))
            with torch.inference_mode():
                expected = getattr(model, method)(given).logits.numpy()
            found = session.run(["logits"], {session.get_inputs()[0].name: given.numpy()})[0]
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
