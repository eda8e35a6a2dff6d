"""Squeeze and excitation: a gate for every channel, from the means of all channels.

Hu, Shen & Sun, *Squeeze-and-Excitation Networks*, CVPR 2018.
"""

from __future__ import annotations

from torch import Tensor, nn

from prunebench.harness.networks.efficientat.channel_counts import nearest_multiple

REDUCTION = 4


class ChannelGate(nn.Module):
    r"""Multiply each channel by a number in (0, 1) that two linear layers derive from the channels' means.

    .. math:: y_c = x_c \, \sigma(W_2 \max(0, W_1 \bar x + b_1) + b_2)_c

    Args:
        channels: read and written.
        hidden: outputs of the first linear layer.
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)
        self.activation = nn.ReLU()
        self.scale_activation = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """(clips, channels, height, width), as it comes."""
        hidden = self.activation(self.fc1(x.mean((2, 3))))
        gate: Tensor = self.scale_activation(self.fc2(hidden))
        return gate[:, :, None, None] * x


class SqueezeExcite(nn.Module):
    """The gate under the name it has in EfficientAT's state dicts, where gates of other dimensions may lie beside it.

    Args:
        channels: read and written; the hidden layer has a quarter of them, rounded to a multiple of 8.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conc_se_layers = nn.ModuleList([ChannelGate(channels, nearest_multiple(channels // REDUCTION))])

    def forward(self, x: Tensor) -> Tensor:
        """(clips, channels, height, width), as it comes."""
        gated: Tensor = self.conc_se_layers[0](x)
        return gated
