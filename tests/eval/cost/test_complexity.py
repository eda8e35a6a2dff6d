import io

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.eval import InputError, Macs, count_macs, count_parameters, file_bytes, parameter_bytes
from prunebench.eval.cost.complexity import cnn14_macs, layer_macs, layer_parameters, panns_flops, parameters
from prunebench.eval.cost.geometry import convolutions
from prunebench.harness import Cnn14

FULL = (64, 64, 128, 128, 256, 256, 512, 512, 1024, 1024, 2048, 2048)


def tail_kept(share):
    return FULL[:6] + tuple(int(width * share) for width in FULL[6:])


@pytest.mark.parametrize(
    ("share", "backbone", "with_frontend", "trainable"),
    [(1.0, 20_041_926_656, 21_093_601_280, 80_753_615), (0.5, 12_414_584_832, 13_466_259_456, 23_205_839)],
)
def test_full_width(share, backbone, with_frontend, trainable):
    assert cnn14_macs(tail_kept(share), 527, 2048) == Macs(backbone, with_frontend)
    assert parameters(tail_kept(share), 527, 2048) == trainable


@pytest.mark.parametrize(
    ("share", "macs_percent", "parameters_percent"),
    [(0.75, 79.2, 58.7), (0.5, 63.9, 28.7), (0.25, 54.2, 10.1)],
)
def test_what_epanns_keeps(share, macs_percent, parameters_percent):
    """Of the waveform-in count by fvcore, batch norm and mel product included, and of the parameters."""

    def counted(widths):
        normalised = 64 * 1001 + sum(c.outputs for c in convolutions(widths))
        return cnn14_macs(widths, 527, 2048).with_frontend + 2 * normalised + 513 * 64 * 1001

    kept = tail_kept(share)
    assert 100 * counted(kept) / counted(FULL) == pytest.approx(macs_percent, abs=0.05)
    percent = 100 * parameters(kept, 527, 2048) / parameters(FULL, 527, 2048)
    assert percent == pytest.approx(parameters_percent, abs=0.05)


def test_c1_to_c6_hold_47_percent_of_the_backbone():
    layers = layer_macs(FULL, 527, 2048)
    head = sum(layers[f"C{i}"] for i in range(1, 7))
    assert head / cnn14_macs(FULL, 527, 2048).backbone == pytest.approx(0.473, abs=0.0005)
    assert layers["stft"] == 2 * 513 * 1024 * 1001


widths_of_12 = st.lists(st.integers(1, 5), min_size=12, max_size=12).map(tuple)


@given(widths_of_12, st.integers(1, 6), st.integers(1, 7), st.integers(9_920, 20_000))
@settings(deadline=None, max_examples=15)
def test_closed_forms_equal_what_the_model_does(widths, n_classes, embedding, samples):
    model = Cnn14(widths, n_classes, embedding).eval()
    seen = {}

    def watch(name):
        def hook(module, inputs, output):
            macs = module.weight.numel() * output.shape[2:].numel()
            seen[name] = seen.get(name, 0) + macs

        return hook

    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Conv1d | torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(watch(name))
    model(torch.zeros(1, samples))
    layers = layer_macs(widths, n_classes, embedding, samples)
    assert layers["stft"] == sum(v for k, v in seen.items() if k.startswith("spectrogram"))
    order = [f"conv_block{block}.conv{conv}" for block in range(1, 7) for conv in (1, 2)]
    assert [layers[f"C{i}"] for i in range(1, 13)] == [seen[name] for name in order]
    assert [layers[name] for name in ("fc1", "fc_audioset")] == [seen["fc1"], seen["fc_audioset"]]
    assert count_macs(model, samples).with_frontend == sum(seen.values())
    assert count_parameters(model) == parameters(widths, n_classes, embedding)


def test_layer_parameters_are_those_of_the_layers():
    widths = tuple(range(2, 14))
    model = Cnn14(widths, 5, 6)
    found = layer_parameters(widths, 5, 6)
    for index in range(1, 13):
        parts = (model.convolution(f"C{index}"), model.batch_norm(f"C{index}"))
        assert found[f"C{index}"] == sum(p.numel() for part in parts for p in part.parameters())
    assert sum(found.values()) == count_parameters(model)


def test_panns_own_count():
    assert panns_flops(FULL, 527, 2048) == 42_219_593_359
    model, flops = Cnn14((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), 3, 4).eval(), []

    def layer(module, inputs, output):  # the rules of PANNs' hooks, biases included
        bias = 0 if module.bias is None else module.bias.numel() * output.shape[2:].numel()
        flops.append(2 * module.weight.numel() * output.shape[2:].numel() + bias)

    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.register_forward_hook(lambda module, inputs, output: flops.append(2 * inputs[0].numel()))
        elif isinstance(module, torch.nn.Conv1d | torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(layer)
    model(torch.zeros(1, 10_000))
    assert panns_flops(model.widths, 3, 4, 10_000) == sum(flops)


def test_bytes():
    model = Cnn14([2] * 12, 3, 4)
    buffer = io.BytesIO()
    torch.save(model.state_dict(), buffer)
    assert file_bytes(model) == len(buffer.getvalue()) > parameter_bytes(model)
    assert parameter_bytes(model) == 4 * count_parameters(model)
    assert parameter_bytes(model.half()) == 2 * count_parameters(model)


def test_zeroed_filters_count():
    model = Cnn14([2] * 12, 3, 4)
    before = count_parameters(model), count_macs(model), parameter_bytes(model), file_bytes(model)
    with torch.no_grad():
        model.convolution("C7").weight[0].zero_()
    assert (count_parameters(model), count_macs(model), parameter_bytes(model), file_bytes(model)) == before


@pytest.mark.parametrize("widths", [(1,) * 11, (1,) * 13, (), (1,) * 11 + (0,)])
def test_bad_widths(widths):
    with pytest.raises(InputError, match="12 integers of at least 1"):
        cnn14_macs(widths, 1, 1)


def test_shortest_clip():
    assert convolutions([1] * 12, 9920)[-1].frames == 1
    Cnn14([1] * 12, 1, 1)(torch.zeros(2, 9920))
    with pytest.raises(InputError, match="Found `samples = 9919`"):
        cnn14_macs([1] * 12, 1, 1, 9919)
