from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from prunebench.pruners.contract import BatchNorm, LayerView
from prunebench.pruners.group_member import GroupMember

LayerOf = Callable[..., LayerView]


@pytest.fixture(scope="session")
def layer_of() -> LayerOf:
    """Makes the view of a layer from its weights (n, c, height, width)."""

    def build(
        weight: Tensor | np.ndarray, gamma: Tensor | None = None, seed: int = 0, name: str = "C1"
    ) -> LayerView:
        weight = torch.as_tensor(weight)
        n = len(weight)
        ones = torch.ones(n, dtype=weight.dtype)
        scale, reader = ones if gamma is None else gamma, weight.new_ones(2, n, 1, 1)
        members = {"weight": (weight, 0), "scale": (scale, 0), "shift": (ones, 0), "reader": (reader, 1)}
        return LayerView(
            name=name,
            weight=weight,
            bn=BatchNorm(scale, ones, ones, ones),
            consumer_weight=reader,
            group=tuple(GroupMember(name, tensor, axis) for name, (tensor, axis) in members.items()),
            supplied_generator=torch.Generator().manual_seed(seed),
        )

    return build


def _kinds() -> dict[str, Callable[[Tensor], Tensor]]:
    def each(values: Tensor) -> Tensor:
        return values.view(-1, 1, 1, 1)

    def dead(weight: Tensor) -> Tensor:
        return each((torch.arange(len(weight)) % 3 > 0).to(weight))

    def signs(weight: Tensor) -> Tensor:
        return each((1 - 2.0 * (torch.arange(len(weight)) % 2)).to(weight))

    return {
        "gaussian": lambda w: w,
        "offset": lambda w: w + 30,
        "dead filters": lambda w: w * dead(w),
        "all dead": lambda w: 0 * w,
        "twins": lambda w: w[torch.arange(len(w)) // 2],
        "negated twins": lambda w: w[torch.arange(len(w)) // 2] * signs(w),
        "all twins": lambda w: w[:1].expand_as(w).clone(),
        "near twins": lambda w: w[:1] + 1e-6 * w[:1].abs() * w,
        "tiny": lambda w: w * 1e-10,
        "huge": lambda w: w * 1e15,
        "wide range": lambda w: w * each(torch.logspace(-8, 8, len(w)).to(w)),
    }


@pytest.fixture(params=_kinds())
def hard_weight(request: pytest.FixtureRequest) -> Tensor:
    """Weights (14, 5, 3, 3) of layers that break criteria, by name."""
    weight = torch.randn(14, 5, 3, 3, generator=torch.Generator().manual_seed(5))
    return _kinds()[request.param](weight)
