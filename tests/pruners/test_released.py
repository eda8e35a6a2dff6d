"""Variants that reproduce published code, against the described procedures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import distance
from scipy.stats.mstats import gmean

from prunebench.pruners import BUILTIN, get


def prototypes(weight: np.ndarray) -> list[np.ndarray]:
    """First columns of the filters' rank-1 approximations, scaled to length 1."""
    found = []
    for filter_ in weight.astype(np.float64):
        u, _, vt = np.linalg.svd(filter_.reshape(len(filter_), -1).T)
        column = np.outer(u[:, 0], vt[0])[:, 0]
        found.append(column / np.linalg.norm(column))
    return found


def kept_by_the_described_procedure(weight: np.ndarray) -> set[int]:
    vectors = prototypes(weight)
    n = len(vectors)
    pairs = []
    for i in range(n):
        distances = [round(distance.cosine(vectors[i], vectors[j]), 5) for j in range(n)]
        second = sorted(range(n), key=lambda j: (distances[j], j))[1]
        pairs.append((distances[second], i, second))
    important: list[int] = []
    redundant: list[int] = []
    for _, i, partner in sorted(pairs, key=lambda pair: pair[0]):
        if i not in redundant:
            important.append(i)
            redundant.append(partner)
    return set(important)


SHAPES = [(2, 1, 3, 3), (5, 3, 1, 1), (8, 4, 3, 3), (16, 3, 2, 3), (40, 8, 3, 3)]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SHAPES), st.integers(0, 2**31))
def test_rank1_cosine_keeps_the_set_of_the_described_procedure(layer_of, shape, seed):
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    scores = get("rank1_cosine_released").score(layer_of(weight))
    assert set(scores.unique().tolist()) <= {0, 1}
    assert set(torch.where(scores == 1)[0].tolist()) == kept_by_the_described_procedure(weight.numpy())


def test_rank1_cosine_keeps_a_filter_that_is_its_own_partner(layer_of):
    """The later of exact twins: the first place of its row is its twin, the second itself."""
    weight = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).view(3, 1, 1, 2)
    assert kept_by_the_described_procedure(weight.numpy()) == {0, 2}
    assert get("rank1_cosine_released").score(layer_of(weight)).tolist() == [1, 0, 1]
    twice = weight[[0, 0, 0, 2]]
    assert get("rank1_cosine_released").score(layer_of(twice)).tolist() == [1, 0, 1, 1]
    assert kept_by_the_described_procedure(twice.numpy()) == {0, 2, 3}


def test_rank1_cosine_takes_filters_for_twins_that_differ_by_less_than_five_places(layer_of):
    """Unrounded, the second and third are nearest and the second would be kept instead of the third."""
    angles = torch.tensor([0.0, 0.002, 0.003, 1.2]).double()
    weight = torch.stack([angles.cos(), angles.sin()], 1).view(4, 1, 1, 2)
    assert kept_by_the_described_procedure(weight.numpy()) == {0, 2, 3}
    assert get("rank1_cosine_released").score(layer_of(weight)).tolist() == [1, 0, 1, 1]


def test_rank1_cosine_tells_a_filter_from_its_negative(layer_of):
    angles = torch.tensor([0.0, 0.1, 1.2]).double()
    weight = torch.stack([angles.cos(), angles.sin()], 1).view(3, 1, 1, 2)
    flipped = weight * torch.tensor([1.0, -1.0, 1.0]).view(3, 1, 1, 1)
    pruner = get("rank1_cosine_released")
    assert pruner.score(layer_of(weight)).tolist() == [1, 0, 1]
    assert pruner.score(layer_of(flipped)).tolist() == [1, 1, 0]


def test_rank1_cosine_keeps_a_single_filter(layer_of):
    assert get("rank1_cosine_released").score(layer_of(torch.ones(1, 2, 3, 3))).tolist() == [1]


def test_rank1_cosine_of_hard_layers(layer_of, hard_weight):
    scores = get("rank1_cosine_released").score(layer_of(hard_weight))
    assert set(torch.where(scores == 1)[0].tolist()) == kept_by_the_described_procedure(hard_weight.numpy())


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SHAPES), st.integers(0, 2**31), st.sampled_from([1e-10, 1.0, 1e15]))
def test_geometric_mean_follows_the_described_procedure(layer_of, shape, seed, scale):
    weight = scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    array = weight.double().numpy()
    expected = [(gmean(np.abs(array.flatten())) - gmean(np.abs(f).flatten())) ** 2 for f in array]
    scores = get("geometric_mean_released").score(layer_of(weight))
    np.testing.assert_allclose(scores, expected, rtol=1e-6, atol=1e-12 * max(expected))


def test_one_weight_of_zero_makes_a_geometric_mean_zero(layer_of):
    weight = torch.tensor([[1.0, 4.0], [3.0, 3.0], [0.0, 100.0]]).view(3, 2, 1, 1)
    scores = get("geometric_mean_released").score(layer_of(weight))
    assert torch.allclose(scores, torch.tensor([4.0, 9.0, 0.0]).double())


RELEASED = {
    "operator_norm_released",
    "geometric_mean_released",
    "fpgm_torch_pruning",
    "rank1_cosine_released",
}


def test_released_variants_are_marked():
    assert {name for name in BUILTIN if get(name).released} == RELEASED
    assert {name for name in BUILTIN if get(name).own_budget} == {"rank1_cosine_released"}


@pytest.mark.parametrize("name", sorted(RELEASED))
def test_released_variants_say_where_they_depart(name):
    documentation = type(get(name)).__doc__
    assert documentation
    assert "Departure" in documentation
