"""A quantised graph against its rule worked out by hand, and twice."""

import logging

import numpy as np
import pytest
import torch
from torch import nn

from prunebench.eval.runtime.onnx_graph import onnx_bytes

pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")

from prunebench.eval.runtime.int8_graph import int8_bytes  # noqa: E402
from prunebench.eval.runtime.onnx_session import onnx_forward  # noqa: E402


class Layers(nn.Module):
    """A convolution, the mean over all positions and a linear layer."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)
        self.linear = nn.Linear(3, 2)
        generator = torch.Generator().manual_seed(5)
        for parameter in self.parameters():
            parameter.data.normal_(generator=generator)

    def from_log_mel(self, features):
        maps = torch.relu(self.conv(features[:, None]))
        return self.linear(maps.mean(dim=(2, 3)))


def clips(count, seed=0):
    return torch.randn(count, 7, 6, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def graph():
    return onnx_bytes(Layers().eval(), "from_log_mel", (1, 7, 6))


def in_8_bits(values, low, high):
    """Values on 256 levels between two ends, of which one is 0."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255
    zero = round(-low / scale)
    return (np.clip(np.round(values / scale) + zero, 0, 255) - zero) * scale


def weights_in_8_bits(weight):
    """Each output channel on the levels −127 … 127 of its largest weight."""
    scale = np.abs(weight.reshape(len(weight), -1)).max(axis=1) / 127
    scale = scale.reshape(-1, *[1] * (weight.ndim - 1))
    return np.round(weight / scale) * scale


def test_weights_and_activations_lie_on_256_levels_and_logits_do_not(graph):
    """Worked out by hand: ranges are the least and greatest value over the calibration clips."""
    model, seen, x = Layers().eval(), clips(5), clips(40, seed=1)
    weight, bias = (p.detach().double().numpy() for p in (model.conv.weight, model.conv.bias))

    def convolved(values, kernel):
        windows = np.lib.stride_tricks.sliding_window_view(values, (3, 3), axis=(1, 2))
        return np.einsum("nhwij,fij->nfhw", windows, kernel[:, 0]) + bias[:, None, None]

    known = seen.double().numpy()
    maps = np.maximum(convolved(known, weight), 0)
    inputs = in_8_bits(x.double().numpy(), known.min(), known.max())
    found = np.maximum(convolved(inputs, weights_in_8_bits(weight)), 0)
    found = in_8_bits(found, 0, maps.max())
    means = in_8_bits(found.mean(axis=(2, 3)), 0, maps.mean(axis=(2, 3)).max())
    linear = weights_in_8_bits(model.linear.weight.detach().double().numpy())
    expected = means @ linear.T + model.linear.bias.detach().double().numpy()

    (logits,) = onnx_forward(int8_bytes(graph, seen.numpy()), 1)(x)
    step = np.abs(linear).max() * means.max() / 255
    assert (
        np.abs(logits.numpy() - expected).max() < 2 * step
    )  # a value at the border of two levels may round either way
    with torch.no_grad():
        assert np.abs(logits.numpy() - model.from_log_mel(x).numpy()).max() > 1e-4


def test_made_twice_it_is_the_same_to_the_last_bit_and_nothing_is_printed(graph, capsys):
    seen = clips(11)
    for method in ("minmax", "entropy", "percentile"):
        first, again = (int8_bytes(graph, seen.numpy(), method) for _ in range(2))
        assert first == again, method
    assert capsys.readouterr().out == ""
    assert logging.root.manager.disable == logging.NOTSET


def test_an_outlier_widens_the_range_of_minmax_alone(graph):
    """The scale of the input: of a percentile it is that of the clips without the outlier, but for a bin."""
    many = np.tile(clips(50).numpy(), (1, 100, 1))
    many[-1, 0, 0] = 1000.0  # 1 value of 210,000 is beyond the percentile

    def scale(method):
        model = onnx.load_model_from_string(int8_bytes(graph, many, method))
        values = {i.name: onnx.numpy_helper.to_array(i) for i in model.graph.initializer}
        first = next(node for node in model.graph.node if node.op_type == "QuantizeLinear")
        return float(values[first.input[1]])

    assert scale("minmax") == pytest.approx((1000 - many.min()) / 255, rel=1e-6)
    assert scale("percentile") < 0.1


def test_the_file_is_near_a_quarter_where_weights_are_most_of_it():
    class Wide(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(300, 400), nn.Linear(400, 10)

        def from_log_mel(self, features):
            return self.last(torch.relu(self.first(features.flatten(1))))

    made = onnx_bytes(Wide().eval(), "from_log_mel", (1, 30, 10))
    small = int8_bytes(made, np.zeros((2, 30, 10), np.float32) + 0.1)
    assert 0.25 < len(small) / len(made) < 0.3
