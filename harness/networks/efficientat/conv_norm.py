"""A convolution with its batch norm and what follows it."""

from __future__ import annotations

from torch import nn


def conv_norm(
    channels: int,
    filters: int,
    kernel: int,
    activation: type[nn.ReLU] | type[nn.Hardswish] | None,
    *,
    stride: int = 1,
    groups: int = 1,
) -> nn.Sequential:
    """(clips, channels, …) to (clips, filters, …), the map divided by `stride` and rounded up.

    Args:
        channels, filters: read and written.
        kernel: its side, odd.
        activation: in place; `None` where the output stays linear.
        stride: of the convolution.
        groups: `channels` for a depthwise convolution.
    """
    convolution = nn.Conv2d(channels, filters, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    norm = nn.BatchNorm2d(filters, eps=0.001, momentum=0.01)
    layers: list[nn.Module] = [convolution, norm]
    return nn.Sequential(*layers, *([] if activation is None else [activation(inplace=True)]))
