"""Non-linearities by name: what a criterion sees of clips is taken after the one that follows a layer at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

# Those that give zeros, and nothing below them; a second time they change nothing.
RECTIFIERS = ("relu", "relu6")

ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "identity": torch.clone,  # what follows may change its input in place
    "relu": torch.relu,
    "relu6": F.relu6,
    "hardswish": F.hardswish,
    "silu": F.silu,
    "gelu": F.gelu,
    "elu": F.elu,
    "leaky_relu": F.leaky_relu,
    "sigmoid": torch.sigmoid,
    "hardsigmoid": F.hardsigmoid,
    "tanh": torch.tanh,
}
