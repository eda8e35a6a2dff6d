"""Distances between filters: exact for exact and near twins, on any scale."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from prunebench.pruners import get, inner_products
from prunebench.pruners.distances import pairwise_distances
from prunebench.pruners.peak_bytes import peak_bytes


def slow_distances(vectors: Tensor) -> np.ndarray:
    rows = vectors.double().numpy()
    return np.array([[np.sqrt(((a - b) ** 2).sum()) for b in rows] for a in rows])


def assert_exact(found: Tensor, vectors: Tensor) -> None:
    expected = slow_distances(vectors)
    assert found.dtype == torch.float64
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6, atol=0)
    assert torch.equal(found, found.T)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 40),
    st.integers(0, 2**31),
    st.sampled_from([torch.float32, torch.float64]),
    st.sampled_from([1e-30, 1e-10, 1.0, 1e15, 1e30]),
)
def test_distances_follow_the_definition(n, d, seed, dtype, scale):
    vectors = scale * torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    found = pairwise_distances(vectors)
    # Two of few entries can come near each other by chance; the tolerance is that of float32.
    np.testing.assert_allclose(found.numpy(), slow_distances(vectors), rtol=1e-6, atol=0)


def test_distances_of_hard_layers(hard_weight):
    assert_exact(pairwise_distances(hard_weight.flatten(1)), hard_weight.flatten(1))


@pytest.mark.parametrize("spread", [1e-7, 1e-5, 1e-3, 0.1, 0.5, 0.7, 0.9, 1.0, 3.0])
def test_distances_of_filters_about_a_common_one(spread):
    generator = torch.Generator().manual_seed(1)
    common = torch.randn(1, 4608, generator=generator)
    vectors = common + spread * torch.randn(40, 4608, generator=generator)
    assert_exact(pairwise_distances(vectors), vectors)


def test_twins_within_clusters_within_clusters():
    generator = torch.Generator().manual_seed(2)
    centre = torch.randn(1, 300, generator=generator)
    vectors = torch.cat(
        [
            centre + size * torch.randn(5, 300, generator=generator, dtype=torch.float64)
            for size in (0, 1e-13, 1e-9, 1e-5, 1e-1, 10)
        ]
    )
    assert_exact(pairwise_distances(vectors), vectors)


def test_exact_twins_are_at_distance_zero_far_from_the_origin():
    twin = 1e4 + torch.randn(1, 500, generator=torch.Generator().manual_seed(3))
    found = pairwise_distances(torch.cat([twin, -twin, twin, torch.zeros_like(twin), twin]))
    assert (found[0, [0, 2, 4]] == 0).all()
    assert (found[0, [1, 3]] > 0).all()


def test_many_blocks_and_chunks(monkeypatch):
    monkeypatch.setattr(inner_products, "BLOCK", 3)
    monkeypatch.setattr(inner_products, "CHUNK", 7)
    vectors = torch.randn(11, 40, generator=torch.Generator().manual_seed(4))
    assert_exact(pairwise_distances(vectors), vectors)


def test_a_chain_of_close_filters():
    """Each filter is close to the next, and the first is not to the last."""
    vectors = 1 + torch.arange(400, dtype=torch.float64)[:, None] * 1e-7
    assert_exact(pairwise_distances(vectors), vectors)


def test_memory_does_not_grow_with_pairs_of_weights():
    weight = torch.randn(128, 512, 3, 3, generator=torch.Generator().manual_seed(6))
    pairs_of_weights = 128 * 128 * 512 * 9 * 4
    assert peak_bytes(lambda: pairwise_distances(weight.flatten(1))) < pairs_of_weights / 32


def test_geometric_median_sums_distances(layer_of, hard_weight):
    expected = slow_distances(hard_weight.flatten(1)).sum(1)
    scores = get("geometric_median").score(layer_of(hard_weight))
    np.testing.assert_allclose(scores.numpy(), expected, rtol=1e-6, atol=0)


def test_geometric_median_of_points_on_a_line(layer_of):
    weight = torch.tensor([0.0, 1.0, 3.0]).view(3, 1, 1, 1)
    assert get("geometric_median").score(layer_of(weight)).tolist() == [4, 3, 5]


def test_fpgm_of_torch_pruning_does_not_see_signs(layer_of):
    weight = torch.tensor([[1.0, 2.0], [-1.0, 2.0], [2.0, 0.0]]).view(3, 2, 1, 1)
    far = (3.0**2 + 4.0**2) ** 0.5
    scores = get("fpgm_torch_pruning").score(layer_of(weight))
    assert torch.allclose(scores, torch.tensor([far, far, 2 * far]).double(), rtol=1e-7)
    far = (1.0**2 + 2.0**2) ** 0.5
    scores = get("fpgm_torch_pruning[p=1]").score(layer_of(weight))
    assert torch.allclose(scores, torch.tensor([far, far, 2 * far]).double(), rtol=1e-7)


@pytest.mark.parametrize("p", [0, -1, float("nan"), float("inf"), "two"])
def test_the_power_of_fpgm_must_be_positive(p):
    with pytest.raises(ValueError, match="`p` must be a finite number above 0"):
        get("fpgm_torch_pruning", p=p)
