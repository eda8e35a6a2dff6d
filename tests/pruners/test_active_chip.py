"""Channel independence by one eigendecomposition against n + 1 singular value decompositions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from prunebench.pruners.chip import ChannelIndependence, nuclear_norm_losses
from prunebench.pruners.specimen import gaussian


def slow_losses(rows: Tensor) -> np.ndarray:
    """The definition: the nuclear norm of the whole less that with one row zeroed."""
    array = rows.double().numpy()
    whole = np.linalg.svd(array, compute_uv=False).sum()
    losses = []
    for j in range(len(array)):
        masked = array.copy()
        masked[j] = 0
        losses.append(whole - np.linalg.svd(masked, compute_uv=False).sum())
    return np.array(losses)


def assert_same_losses(rows: Tensor) -> None:
    found = nuclear_norm_losses(rows).numpy()
    largest = np.linalg.norm(rows.double().numpy(), 2)
    assert np.abs(found - slow_losses(rows)).max() <= 1e-6 * largest
    assert (found >= 0).all()
    assert (found <= np.linalg.norm(rows.double().numpy(), axis=1) + 1e-9 * largest).all()


HARD = {
    "gaussian": lambda x: x,
    "rectified": lambda x: x.relu(),
    "dead rows": lambda x: x * (torch.arange(len(x)) % 3 > 0)[:, None],
    "twins": lambda x: x[torch.arange(len(x)) // 2],
    "all twins": lambda x: x[:1].expand_as(x),
    "near twins": lambda x: x[:1] + 1e-6 * x,
    "rank one": lambda x: x[:, :1] * x[:1],
    "orthogonal": lambda x: torch.eye(*x.shape) * (1 + torch.arange(len(x)))[:, None],
    "wide range": lambda x: x * torch.logspace(-6, 6, len(x))[:, None],
    "tiny": lambda x: x * 1e-20,
    "huge": lambda x: x * 1e15,
    "constant": lambda x: torch.ones_like(x),
}


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (9, 5), (5, 9), (8, 8), (20, 31)])
@pytest.mark.parametrize("kind", HARD)
def test_losses_on_hard_maps(kind: str, shape: tuple[int, int]) -> None:
    rows = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    assert_same_losses(HARD[kind](rows))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**31))
def test_losses_follow_the_definition(filters: int, positions: int, seed: int) -> None:
    rows = torch.randn(filters, positions, generator=torch.Generator().manual_seed(seed)).relu()
    if rows.any():
        assert_same_losses(rows)


def test_dead_maps_lose_nothing() -> None:
    assert nuclear_norm_losses(torch.zeros(4, 6)).tolist() == [0, 0, 0, 0]
    rows = torch.tensor([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 5.0]])
    assert nuclear_norm_losses(rows)[1] == pytest.approx(0, abs=1e-12)


def test_by_hand() -> None:
    # Orthogonal rows: the singular values are the norms, so each row loses its own norm.
    orthogonal = torch.tensor([[3.0, 0.0, 0.0, 0.0], [0.0, 0.0, 4.0, 3.0]])
    assert nuclear_norm_losses(orthogonal).tolist() == pytest.approx([3, 5], rel=1e-9)
    # Two equal rows of norm 1: nuclear norm √2 with both, 1 with one.
    assert nuclear_norm_losses(torch.ones(2, 1)).tolist() == pytest.approx([math.sqrt(2) - 1] * 2, rel=1e-7)


def test_independent_maps_score_above_those_that_others_express() -> None:
    """Rows of one norm: two twins, and one orthogonal to all."""
    rows = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    losses = nuclear_norm_losses(rows)
    assert losses[2] > losses[0]
    assert losses[0] == pytest.approx(losses[1])


def test_score_is_the_mean_over_clips() -> None:
    specimen = gaussian(clips=5)
    expected = np.mean([slow_losses(maps.flatten(1)) for maps in specimen.tensors["activations"]], axis=0)
    observed = specimen.observed(ChannelIndependence())
    assert observed.observed.shape == (12, 2)
    assert np.allclose(ChannelIndependence().score(observed).numpy(), expected, rtol=1e-6)
