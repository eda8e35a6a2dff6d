"""L1, L2, batch-norm scale and LAMP against their definitions and torch-pruning."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from prunebench.pruners import get

SHAPES = [(1, 1, 1, 1), (5, 1, 3, 3), (4, 3, 1, 1), (7, 2, 2, 3), (9, 4, 3, 3)]


def slow_norm(filters: np.ndarray, p: int) -> np.ndarray:
    norms = []
    for filter_ in filters.astype(np.float64):
        total = 0.0
        for weight in filter_.ravel():
            total += abs(weight) ** p
        norms.append(total ** (1 / p))
    return np.array(norms)


def slow_lamp(filters: np.ndarray) -> np.ndarray:
    squares = [float((f.astype(np.float64) ** 2).sum()) for f in filters]
    shares = []
    for mine in squares:
        at_least = sum(other for other in squares if other >= mine)
        shares.append(mine / at_least if at_least else 0.0)
    return np.array(shares)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(SHAPES), st.integers(0, 2**31), st.sampled_from([1e-10, 1.0, 1e15]))
def test_norms_follow_their_definitions(layer_of, shape, seed, scale):
    weight = scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    view = layer_of(weight)
    assert np.allclose(get("l1").score(view), slow_norm(weight.numpy(), 1), rtol=1e-5)
    assert np.allclose(get("l2").score(view), slow_norm(weight.numpy(), 2), rtol=1e-12)
    assert np.allclose(get("lamp").score(view), slow_lamp(weight.numpy()), rtol=1e-12)


def test_l2_survives_squares_that_float32_cannot_hold(layer_of):
    weight = torch.tensor([3e-30, 4e-30, 3e30, 4e30]).view(2, 2, 1, 1)
    assert torch.allclose(get("l2").score(layer_of(weight)), torch.tensor([5e-30, 5e30]).double())


def test_batch_norm_scale_is_absolute_and_reads_no_weight(layer_of):
    gamma = torch.tensor([0.5, -2.0, 0.0])
    scores = get("bn_scale").score(layer_of(torch.full((3, 1, 1, 1), torch.nan), gamma))
    assert scores.tolist() == [0.5, 2.0, 0.0]


def test_lamp_gives_equal_filters_the_same_share(layer_of):
    weight = torch.tensor([1.0, -1.0, 2.0]).view(3, 1, 1, 1)
    assert torch.allclose(get("lamp").score(layer_of(weight)), torch.tensor([1 / 6, 1 / 6, 1.0]).double())


def test_lamp_of_a_dead_layer_is_zero(layer_of):
    assert get("lamp").score(layer_of(torch.zeros(3, 2, 3, 3))).tolist() == [0, 0, 0]


def test_lamp_ranks_a_layer_as_l2(layer_of, hard_weight):
    view = layer_of(hard_weight)
    lamp, l2 = get("lamp").score(view), get("l2").score(view)
    rises = (l2[:, None] > l2 * (1 + 1e-9)) & (l2[:, None] > 0)
    assert bool((lamp[:, None] > lamp)[rises].all())


@pytest.fixture(scope="module")
def convolution_group() -> tuple[nn.Conv2d, object]:
    from torch_pruning import DependencyGraph, prune_conv_out_channels

    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 3))
    convolution = network[0]
    graph = DependencyGraph().build_dependency(network, example_inputs=torch.randn(1, 3, 12, 12))
    return convolution, graph.get_pruning_group(convolution, prune_conv_out_channels, idxs=list(range(8)))


def peer(importance: str, group: object, **options: object) -> Tensor:
    from torch_pruning.pruner import importance as importances

    return getattr(importances, importance)(group_reduction="first", **options)(group)


@pytest.mark.parametrize("p", [1, 2])
def test_norms_agree_with_torch_pruning(layer_of, convolution_group, p):
    convolution, group = convolution_group
    # torch-pruning leaves out the root.
    expected = peer("GroupMagnitudeImportance", group, p=p, normalizer=None) ** (1 / p)
    scores = get(f"l{p}").score(layer_of(convolution.weight.detach()))
    assert torch.allclose(scores.float(), expected, rtol=1e-5)


def test_lamp_agrees_with_torch_pruning(layer_of, convolution_group):
    convolution, group = convolution_group
    scores = get("lamp").score(layer_of(convolution.weight.detach()))
    assert torch.allclose(scores.float(), peer("LAMPImportance", group), rtol=1e-5)


def test_fpgm_agrees_with_torch_pruning(layer_of, convolution_group):
    convolution, group = convolution_group
    for p in (1, 2, 3):
        expected = peer("FPGMImportance", group, p=p, normalizer=None)
        scores = get("fpgm_torch_pruning", p=p).score(layer_of(convolution.weight.detach()))
        assert torch.allclose(scores.float(), expected, rtol=1e-4)
