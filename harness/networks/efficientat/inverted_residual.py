"""The block of MobileNetV3: expand, filter each channel, gate the channels, project.

Howard et al., *Searching for MobileNetV3*, ICCV 2019, on the inverted residuals of MobileNetV2.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from prunebench.harness.networks.efficientat.channel_counts import nearest_multiple
from prunebench.harness.networks.efficientat.conv_norm import conv_norm
from prunebench.harness.networks.efficientat.squeeze_excite import SqueezeExcite


class BlockShape(NamedTuple):
    """A block in numbers.

    Args:
        kernel: side of the depthwise convolution.
        expanded: channels inside.
        filters: channels written.
        gated: whether squeeze and excitation comes before the projection.
        activation: inside the block; its output is linear.
        stride: of the depthwise convolution.
    """

    kernel: int
    expanded: int
    filters: int
    gated: bool
    activation: type[nn.ReLU] | type[nn.Hardswish]
    stride: int

    def scaled(self, width: float) -> BlockShape:
        """With channels relative to its own, each rounded to a multiple of 8."""
        return self._replace(
            expanded=nearest_multiple(self.expanded * width), filters=nearest_multiple(self.filters * width)
        )


class InvertedResidual(nn.Module):
    """1×1 expansion, depthwise convolution, gate, linear 1×1 projection; the input is added where it fits.

    There is no expansion where it would not widen, and no gate where the shape has none. Whether the input is added is
    decided once, here: in a pruned block both sides of the sum have lost the same channels.

    Args:
        channels: read.
        shape: of the block.
    """

    def __init__(self, channels: int, shape: BlockShape) -> None:
        super().__init__()
        kernel, expanded, filters, gated, activation, stride = shape
        layers: list[nn.Module] = []
        if expanded != channels:
            layers.append(conv_norm(channels, expanded, 1, activation))
        layers.append(conv_norm(expanded, expanded, kernel, activation, stride=stride, groups=expanded))
        if gated:
            layers.append(SqueezeExcite(expanded))
        layers.append(conv_norm(expanded, filters, 1, None))
        self.block = nn.Sequential(*layers)
        self.stride = stride
        self.adds_input = stride == 1 and channels == filters

    @property
    def leaves_open_whether_it_adds(self) -> bool:
        """Whether it does not add its input and, with the channels that its tensors have now, could."""
        first, last = (
            next(m for m in order if isinstance(m, nn.Conv2d))
            for order in (self.block.modules(), reversed(list(self.block.modules())))
        )
        return not self.adds_input and self.stride == 1 and first.in_channels == last.out_channels

    def forward(self, x: Tensor) -> Tensor:
        """(clips, channels, height, width) to (clips, filters, …), the map divided by `stride` and rounded up."""
        projected: Tensor = self.block(x)
        return projected + x if self.adds_input else projected
