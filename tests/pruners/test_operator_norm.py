"""Operator norm, in its order-free reading and as released, against full singular value decompositions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.pruners import channel_directions, get

SHAPES = [(2, 1, 1, 1), (6, 3, 1, 1), (5, 1, 3, 3), (12, 4, 3, 3), (4, 7, 2, 3), (40, 2, 3, 3)]


def centred(weight: np.ndarray, channel: int) -> np.ndarray:
    """The rows A_c (n, k²): the filters at one input channel, less their mean."""
    rows = weight[:, channel].reshape(len(weight), -1).astype(np.float64)
    return rows - rows.mean(0)


def slow_operator_norm(weight: np.ndarray) -> np.ndarray:
    scores = np.zeros(len(weight))
    for channel in range(weight.shape[1]):
        u, sigma, _ = np.linalg.svd(centred(weight, channel))
        scores += (sigma[0] * u[:, 0]) ** 2
    return scores


def slow_released(weight: np.ndarray) -> np.ndarray:
    """The described procedure: rank-1 directions with the sign of the first filter, a trace, a square."""
    directions = []
    for channel in range(weight.shape[1]):
        u, _, vt = np.linalg.svd(centred(weight, channel))
        first_row = u[0, 0] * vt[0]
        directions.append(first_row / np.linalg.norm(first_row))
    scores = []
    for filter_ in range(len(weight)):
        per_channel = np.array([centred(weight, c)[filter_] for c in range(weight.shape[1])])
        scores.append(np.trace(per_channel @ np.array(directions).T) ** 2)
    return np.array(scores)


def gaussian(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SHAPES), st.integers(0, 2**31), st.sampled_from([1e-10, 1.0, 1e15]))
def test_scores_follow_the_definition(layer_of, shape, seed, scale):
    weight = scale * gaussian(shape, seed)
    expected = slow_operator_norm(weight.numpy())
    np.testing.assert_allclose(get("operator_norm").score(layer_of(weight)), expected, rtol=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SHAPES), st.integers(0, 2**31), st.sampled_from([1e-10, 1.0, 1e15]))
def test_released_scores_follow_the_described_procedure(layer_of, shape, seed, scale):
    weight = scale * gaussian(shape, seed)
    expected = slow_released(weight.numpy())
    found = get("operator_norm_released").score(layer_of(weight)).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9 * expected.max())


def test_released_order_is_that_of_the_described_procedure(layer_of):
    weight = gaussian((128, 32, 3, 3), 1)
    scores = get("operator_norm_released").score(layer_of(weight))
    assert scores.argsort().tolist() == slow_released(weight.numpy()).argsort().tolist()


@pytest.mark.parametrize("chunk", [1, 200, 10**9])
def test_chunks_do_not_change_scores(layer_of, monkeypatch, chunk):
    weight = gaussian((9, 7, 3, 3), 2)
    monkeypatch.setattr(channel_directions, "CHUNK", chunk)
    scores = get("operator_norm").score(layer_of(weight))
    np.testing.assert_allclose(scores, slow_operator_norm(weight.numpy()), rtol=1e-9)


def test_hard_layers(layer_of, hard_weight):
    weight = hard_weight.numpy()
    expected = slow_operator_norm(weight)
    scores = get("operator_norm").score(layer_of(hard_weight)).numpy()
    np.testing.assert_allclose(
        scores, expected, rtol=1e-5, atol=1e-20 * np.square(weight.astype(float)).sum()
    )


def test_the_sum_of_scores_is_the_sum_of_squared_operator_norms(layer_of):
    weight = gaussian((10, 6, 3, 3), 3)
    norms = [np.linalg.norm(centred(weight.numpy(), c), 2) for c in range(6)]
    assert float(get("operator_norm").score(layer_of(weight)).sum()) == pytest.approx(np.square(norms).sum())


def test_scores_of_1x1_kernels_are_distances_from_the_mean_filter(layer_of):
    weight = gaussian((5, 3, 1, 1), 4).double()
    away = weight.flatten(1) - weight.flatten(1).mean(0)
    assert torch.allclose(get("operator_norm").score(layer_of(weight)), away.square().sum(1))
    signed = (away * away[:1].sign()).sum(1).square()
    assert torch.allclose(get("operator_norm_released").score(layer_of(weight)), signed)


def test_released_scores_depend_on_the_order_of_storage(layer_of):
    weight = gaussian((64, 32, 3, 3), 5)
    released, order_free = get("operator_norm_released"), get("operator_norm")
    reverse = torch.arange(63, -1, -1)
    for view in (layer_of(weight), layer_of(weight[reverse])):
        assert int(released.score(view).argmax()) == 0
    stored, reordered = released.score(layer_of(weight)), released.score(layer_of(weight[reverse]))[reverse]
    pruned = set(stored.argsort()[:32].tolist())
    assert len(pruned & set(reordered.argsort()[:32].tolist())) < 26
    kept_order = order_free.score(layer_of(weight[reverse]))[reverse]
    assert torch.allclose(order_free.score(layer_of(weight)), kept_order, rtol=1e-10)
    assert not released.order_free
    assert released.released


def test_released_scores_of_a_first_filter_that_is_the_mean(layer_of):
    weight = torch.tensor([0.0, 1.0, -1.0, 2.0, -2.0]).view(5, 1, 1, 1)
    assert get("operator_norm_released").score(layer_of(weight)).tolist() == [0, 1, 1, 4, 4]
