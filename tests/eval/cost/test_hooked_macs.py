"""MACs by hooks, held against arithmetic by hand and fvcore."""

import torch
from torch import nn

from prunebench.eval.cost.counters import fvcore_layer_macs
from prunebench.eval.cost.hooked_macs import hooked_macs


def test_every_kind_of_layer():
    model = nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1),
        nn.Conv2d(6, 6, (5, 1), stride=2, groups=6),
        nn.Flatten(2),
        nn.Conv1d(6, 4, 3, dilation=2),
        nn.Linear(5, 7),
    ).eval()
    example = torch.zeros(1, 2, 9, 6)  # maps of 9 × 6, then 3 × 3, flattened to 9, then 5
    by_hand = 6 * 9 * 6 * 2 * 9 + 6 * 3 * 3 * 5 + 4 * 5 * 6 * 3 + 4 * 7 * 5
    assert hooked_macs(model, example) == by_hand == fvcore_layer_macs(model, example)
    assert not any(module._forward_hooks for module in model.modules())
