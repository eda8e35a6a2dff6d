"""Batch norms are folded where they follow a convolution, by what the model does and not by names."""

import pytest
import torch
from torch import Tensor, nn

from prunebench.eval.runtime.folding import folded


def filled(model: nn.Module) -> nn.Module:
    draw = torch.Generator().manual_seed(5)
    for layer in model.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.running_mean.normal_(0, 0.3, generator=draw)
            layer.running_var.uniform_(0.5, 2, generator=draw)
            layer.weight.data.uniform_(0.5, 2, generator=draw)
            layer.bias.data.normal_(0, 0.3, generator=draw)
    return model.eval()


class Outputs(nn.Module):
    """Layers in a row, whose output is a tuple."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return (self.layers(x),)


class Shared(nn.Module):
    """A convolution that a batch norm and a sum read."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        found = self.first(x)
        return (self.norm(found) + found,)


class Rectified(nn.BatchNorm2d):
    """A batch norm with a ReLU of its own."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).relu()


def norms(model: nn.Module) -> int:
    return sum(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules())


def clip(seed: int) -> Tensor:
    return torch.randn(2, 1, 12, 8, generator=torch.Generator().manual_seed(seed))


def test_layers_of_any_name_and_kind():
    model = filled(
        Outputs(
            nn.BatchNorm2d(1),
            nn.Conv2d(1, 4, 3, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.BatchNorm2d(4),
            nn.Conv2d(4, 4, 3, groups=4),
            nn.BatchNorm2d(4),
            nn.Flatten(2),
            nn.Conv1d(4, 2, 3),
            nn.BatchNorm1d(2),
        )
    )
    expected = model(clip(1))[0]
    found = folded(model, clip(0))
    assert norms(found) == 2  # before the first convolution, and after a ReLU
    torch.testing.assert_close(found(clip(1))[0], expected, rtol=1e-4, atol=1e-5)


def test_a_layer_that_runs_twice_is_left():
    convolution, norm = nn.Conv2d(1, 1, 3, padding=1), nn.BatchNorm2d(1)
    model = filled(Outputs(convolution, norm, nn.ReLU(), convolution))
    expected = model(clip(1))[0]
    assert norms(folded(model, clip(0))) == 1
    torch.testing.assert_close(model(clip(1))[0], expected)


def test_a_convolution_with_another_reader_is_refused():
    with pytest.raises(RuntimeError, match="has another reader"):
        folded(filled(Shared()), clip(0))


def test_a_batch_norm_that_does_more_is_left():
    model = filled(Outputs(nn.Conv2d(1, 3, 3), Rectified(3), nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2)))
    expected = model(clip(1))[0]
    assert norms(folded(model, clip(0))) == 1
    torch.testing.assert_close(model(clip(1))[0], expected, rtol=1e-4, atol=1e-5)
