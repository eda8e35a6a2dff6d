"""How many channels a layer of MobileNet has at a width."""

from __future__ import annotations

DIVISOR = 8


def nearest_multiple(channels: float, divisor: int = DIVISOR) -> int:
    """The multiple of `divisor` nearest to a number of channels, at least one `divisor`, never less than 90 % of it.

    As the reference implementation of MobileNet rounds (`_make_divisible`, Sandler et al., *MobileNetV2: Inverted
    Residuals and Linear Bottlenecks*, CVPR 2018).
    """
    nearest = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * channels else nearest
