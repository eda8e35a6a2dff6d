"""One score per filter where several layers compute it: how their scores are joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from prunebench.eval.errors import InputError, nearest

Reduction = Literal["first", "mean", "max"]
DEFAULT: Reduction = "first"


def check_reduction(name: str) -> Reduction:
    """The reduction of a name.

    Raises:
        InputError: for another name.
    """
    for known in get_args(Reduction):
        if name == known:
            found: Reduction = known
            return found
    raise InputError(
        f"Parameter `reduction` must be `first`, `mean` or `max`. Found `{name}`; "
        f"{nearest(str(name), get_args(Reduction))}"
    )


def joined(scores: Sequence[Tensor], reduction: Reduction = DEFAULT) -> Tensor:
    """The scores of a group's writers as one, (filters,).

    Each writer's scores are divided by their mean absolute value before they are averaged or compared, since layers
    of different sizes score on different scales; scores that are all 0 stay. `first` takes those of the first
    writer as they are.
    """
    if reduction == "first" or len(scores) == 1:
        return scores[0]
    scaled = torch.stack([_over_mean(one.double()) for one in scores])
    return scaled.mean(0) if reduction == "mean" else scaled.amax(0)


def _over_mean(scores: Tensor) -> Tensor:
    mean = scores.abs().mean()
    return scores / mean if mean > 0 else scores
