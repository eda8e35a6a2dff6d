"""Checks on layers that break criteria: dead, tiny, with twins."""

from __future__ import annotations

import torch
from torch import Tensor

from prunebench.pruners.contract import Pruner
from prunebench.pruners.score_agreement import assert_close, assert_finite
from prunebench.pruners.specimen import FILTER_AXIS, Specimen, gaussian


def check_zero_layer(pruner: Pruner) -> None:
    """Finite scores where all weights, activations and gradients are zero, or those of some filters."""
    for silent in (torch.arange(12), torch.tensor([0, 5, 6])):
        assert_finite(_silenced(gaussian(), silent).scores(pruner))


def check_one_filter(pruner: Pruner) -> None:
    """A finite score in a layer of one filter."""
    scores = gaussian(1).scores(pruner)
    assert scores.shape == (1,), f"one filter must get one score. Found shape {tuple(scores.shape)}."
    assert_finite(scores)


def check_twins(pruner: Pruner) -> None:
    """Finite scores where filters are exact copies of each other, some or all."""
    for origin in ([0, 0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 7], [4] * 12):
        assert_finite(gaussian().select(torch.tensor(origin)).scores(pruner))


def check_near_twins(pruner: Pruner) -> None:
    """Scores in float32 are those in float64 where filters differ by 1e-4 of their size."""
    noise, alike = gaussian(seed=1), gaussian().select(torch.full((12,), 4))
    near = alike.each(lambda name, t: t + 1e-4 * t.abs() * noise.tensors[name])
    assert_close(
        near.scores(pruner),
        near.each(lambda _, t: t.double()).scores(pruner),
        "filters that are nearly equal must get the same scores in float32 and in float64: compute differences "
        "directly or in float64, not by a matrix product (the default of `torch.cdist`)",
        tolerance=1e-2,
    )


def check_one_by_one(pruner: Pruner) -> None:
    """Finite scores for 1×1 kernels."""
    assert_finite(gaussian(kernel=1).scores(pruner))


def _silenced(specimen: Specimen, filters: Tensor) -> Specimen:
    return specimen.each(
        lambda name, t: t if name == "running_var" else t.index_fill(FILTER_AXIS[name], filters, 0)
    )
