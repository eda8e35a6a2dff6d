import copy

import numpy as np
import pytest
import torch
import torch_pruning as tp
from torch import nn

from prunebench.eval.cost.counters import fvcore_macs
from prunebench.eval.runtime.onnx_graph import onnx_bytes
from prunebench.harness.networks.efficientat.kaldi_mels import EFFICIENTAT
from prunebench.harness.networks.efficientat.mobilenet_v3 import MobileNetV3


def random_numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def small():
    """A small model whose batch norms are not those of a new one, in evaluation mode."""
    model = MobileNetV3(7, width=0.15, seed=3)
    draw = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                for tensor in (module.weight, module.running_var):
                    tensor.uniform_(0.5, 1.5, generator=draw)
                for tensor in (module.bias, module.running_mean):
                    tensor.normal_(0, 0.1, generator=draw)
            elif isinstance(module, nn.Linear):
                module.weight.normal_(0, module.in_features**-0.5, generator=draw)
                module.bias.normal_(0, 0.1, generator=draw)
    return model.eval()


@pytest.mark.parametrize(
    # In millions, as EfficientAT's README states them.
    ("width", "parameters"),
    [(0.4, 0.983), (0.5, 1.43), (1.0, 4.88), (2.0, 17.91)],
)
def test_parameters_are_the_published_ones(width, parameters):
    found = sum(p.numel() for p in MobileNetV3(width=width).parameters()) / 1e6
    assert found == pytest.approx(parameters, abs=0.006)


def test_macs_of_mn04_are_the_published_ones():
    assert fvcore_macs(MobileNetV3(width=0.4)).with_frontend / 1e9 == pytest.approx(0.11, abs=0.005)


@pytest.mark.parametrize("width", [0.1, 0.25, 0.4, 1.0])
def test_any_width(width):
    model = MobileNetV3(3, width=width).eval()
    output = model(random_numbers(2, 16000))
    assert output.logits.shape == output.probabilities.shape == (2, 3)
    assert output.embedding.shape == (2, model.embedding)
    assert model.n_classes == 3
    torch.testing.assert_close(output.probabilities, output.logits.sigmoid())


def test_a_waveform_goes_through_its_features(small):
    waveforms = random_numbers(2, 20000)
    features = small.log_mel(waveforms)
    assert features.shape == (2, EFFICIENTAT.frames(20000), EFFICIENTAT.mels)
    assert torch.equal(small(waveforms).logits, small.from_log_mel(features).logits)


@pytest.mark.parametrize("samples", [1, 100, 513, 514])
def test_a_waveform_may_be_short(small, samples):
    waveforms = random_numbers(2, samples)
    padded = torch.nn.functional.pad(waveforms, (0, 514 - samples))
    assert torch.equal(small(waveforms).logits, small(padded).logits)


@pytest.mark.parametrize("frames", [1, 2, 31, 1000])
def test_features_may_have_any_number_of_frames(small, frames):
    assert small.from_log_mel(random_numbers(2, frames, 128)).logits.shape == (2, 7)


def test_clips_do_not_see_each_other(small):
    features = random_numbers(3, 50, 128)
    alone = torch.cat([small.from_log_mel(clip[None]).logits for clip in features])
    torch.testing.assert_close(small.from_log_mel(features).logits, alone, rtol=1e-5, atol=1e-5)


def test_initial_weights_are_a_function_of_the_seed_and_leave_the_global_generator_alone():
    before = torch.random.get_rng_state()
    first, again, other = (MobileNetV3(3, width=0.1, seed=seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[key], again[key]) for key in first)
    drawn = [key for key in first if first[key].ndim > 1]
    assert len(drawn) > 50
    assert not any(torch.equal(first[key], other[key]) for key in drawn)


def test_initial_weights_are_the_published_kind():
    state = MobileNetV3().state_dict()
    pointwise, depthwise = state["features.12.block.0.0.weight"], state["features.15.block.1.0.weight"]
    assert pointwise.shape == (672, 112, 1, 1)
    assert pointwise.std().item() == pytest.approx((2 / 672) ** 0.5, rel=0.02)
    assert depthwise.shape == (960, 1, 5, 5)
    assert depthwise.std().item() == pytest.approx((2 / (960 * 25)) ** 0.5, rel=0.02)
    assert state["classifier.5.weight"].std().item() == pytest.approx(0.01, rel=0.02)
    assert not any(state[key].any() for key in state if key.endswith("bias"))


def trained(steps):
    model = MobileNetV3(3, width=0.1).train()
    features = random_numbers(8, 64, 128)
    targets = (random_numbers(8, 3, seed=1) > 0).float()
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    losses = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _ in range(steps):
            loss = nn.functional.binary_cross_entropy_with_logits(
                model.from_log_mel(features).logits, targets
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return model, losses


def test_a_step_of_training_reaches_every_weight_and_repeats():
    model, losses = trained(1)
    before = MobileNetV3(3, width=0.1).state_dict()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    assert all(not torch.equal(value, before[key]) for key, value in model.state_dict().items())
    again, same = trained(1)
    assert losses == same
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in model.state_dict().items())


def test_training_lowers_the_loss():
    _, losses = trained(20)
    assert losses[-1] < 0.5 * losses[0]


def groups_of(model):
    """Every group of filters but the classes, from the dependency graph of torch-pruning."""
    graph = tp.DependencyGraph().build_dependency(
        model, torch.zeros(1, 64, 128), forward_fn=lambda network, x: network.from_log_mel(x).logits
    )
    found = graph.get_all_groups(
        ignored_layers=[model.classifier[-1]], root_module_types=[nn.Conv2d, nn.Linear]
    )
    return graph, [(group[0].dep.target.module, group[0].dep.handler, len(group[0].idxs)) for group in found]


@torch.no_grad()
def mask(group):
    """What a group removes, made zero: outputs of linear layers, scales and shifts of batch norms."""
    for dependency, indices in group:
        module, writes = dependency.target.module, dependency.handler != tp.prune_linear_in_channels
        if isinstance(module, nn.BatchNorm2d) or (isinstance(module, nn.Linear) and writes):
            module.weight[indices] = 0
            module.bias[indices] = 0


def test_filters_are_removed_in_place_and_leave_what_masking_leaves(small):
    """Half of every group, at random."""
    removed, masked = copy.deepcopy(small), copy.deepcopy(small)
    features = random_numbers(2, 90, 128)
    draw = torch.Generator().manual_seed(5)
    chosen = []
    graph, groups = groups_of(masked)
    assert len(groups) == 29  # the 30 of mn04, but for a block that does not expand at this width
    for module, handler, filters in groups:
        chosen.append(sorted(torch.randperm(filters, generator=draw)[: filters // 2].tolist()))
        mask(graph.get_pruning_group(module, handler, idxs=chosen[-1]))
    graph, groups = groups_of(removed)
    for (module, handler, _), indices in zip(groups, chosen, strict=True):
        graph.get_pruning_group(module, handler, idxs=indices).prune()
    with torch.no_grad():
        expected, found = masked.from_log_mel(features), removed.from_log_mel(features)
    assert removed.embedding == small.embedding // 2
    assert found.logits.shape == (2, 7)
    assert sum(p.numel() for p in removed.parameters()) < 0.4 * sum(p.numel() for p in small.parameters())
    largest = expected.logits.abs().max().item()
    torch.testing.assert_close(found.logits, expected.logits, rtol=0, atol=1e-5 * largest)
    assert not torch.allclose(found.logits, small.from_log_mel(features).logits, rtol=0, atol=1e-2 * largest)


@pytest.mark.parametrize("method", ["from_log_mel", "forward"])
def test_a_graph_answers_as_the_model_for_clips_of_any_length(small, method):
    onnxruntime = pytest.importorskip("onnxruntime")
    example, clips = ((1, 60, 128), (3, 41, 128)) if method == "from_log_mel" else ((1, 16000), (3, 12345))
    session = onnxruntime.InferenceSession(onnx_bytes(small, method, example))
    inputs = random_numbers(*clips)
    found = session.run(None, {session.get_inputs()[0].name: inputs.numpy()})
    with torch.no_grad():
        expected = getattr(small, method)(inputs)
    for name, values in zip(expected._fields, found, strict=True):
        largest = getattr(expected, name).abs().max().item()
        np.testing.assert_allclose(values, getattr(expected, name), rtol=0, atol=1e-4 * largest)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_classes": 0}, "`n_classes` must be at least 1. Found `n_classes = 0`"),
        ({"width": 0.0}, "`width` must be a number above 0. Found `width = 0.0`"),
        ({"width": -1.0}, "`width` must be a number above 0"),
        ({"width": float("nan")}, "`width` must be a number above 0"),
        ({"width": float("inf")}, "`width` must be a number above 0"),
    ],
)
def test_impossible_models(arguments, message):
    with pytest.raises(ValueError, match=message):
        MobileNetV3(**arguments)
