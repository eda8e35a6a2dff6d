"""Operator similarity, rank-1 cosine, Nyström similarity and graph centrality, line by line."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.pruners import get

SHAPES = [(1, 2, 3, 3), (2, 1, 1, 1), (6, 3, 1, 1), (7, 1, 3, 3), (9, 4, 3, 3), (12, 2, 2, 3), (10, 16, 3, 3)]
WALKS = ["operator_similarity", "rank1_cosine", "nystrom_similarity"]


def gaussian(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def triples(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leading singular values and left singular vectors of the filters as k² × c matrices."""
    sigmas, vectors = [], []
    for filter_ in weight.astype(np.float64):
        matrix = filter_.reshape(len(filter_), -1).T
        u, sigma, _ = np.linalg.svd(matrix)
        sigmas.append(sigma[0])
        vectors.append(u[:, 0])
    return np.array(sigmas), np.array(vectors)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return abs(float(a @ b)) / float(np.linalg.norm(a) * np.linalg.norm(b))


def slow_walk(similarity, strengths) -> np.ndarray:
    """Places / (n − 1); `strengths(whole)` gives a key for each filter that is still whole."""
    n = len(similarity)
    whole, order = list(range(n)), []
    while len(whole) > 1:
        keys = strengths(whole)

        def rank(pair, keys=keys):
            weaker, stronger = sorted(pair, key=keys.__getitem__)
            return (-similarity[weaker][stronger], keys[weaker], keys[stronger])

        pair = min(combinations(whole, 2), key=rank)
        leaver = min(pair, key=keys.__getitem__)
        whole.remove(leaver)
        order.append(leaver)
    places = np.zeros(n)
    places[order + whole] = np.arange(n) / max(1, n - 1)
    return places


def similarity_matrix(vectors: np.ndarray) -> list[list[float]]:
    return [[round(cosine(a, b), 6) for b in vectors] for a in vectors]


def slow_operator_similarity(weight: np.ndarray) -> np.ndarray:
    sigmas, vectors = triples(weight)
    return slow_walk(similarity_matrix(vectors), lambda whole: {i: sigmas[i] for i in whole})


def least_distant(similarity, sigmas):
    def strengths(whole):
        return {i: (round(sum(1 - similarity[i][j] for j in whole if j != i), 6), sigmas[i]) for i in whole}

    return slow_walk(similarity, strengths)


def slow_rank1_cosine(weight: np.ndarray) -> np.ndarray:
    sigmas, vectors = triples(weight)
    return least_distant(similarity_matrix(vectors), sigmas)


def slow_nystrom(weight: np.ndarray, landmarks: int) -> np.ndarray:
    sigmas, vectors = triples(weight)
    chosen = np.argsort(-sigmas)[:landmarks]
    columns = vectors @ vectors[chosen].T
    full = columns @ np.linalg.pinv(columns[chosen], rcond=1e-10) @ columns.T
    similarity = np.round(np.abs(full), 6)
    return least_distant(similarity.tolist(), sigmas)


def slow_centrality(weight: np.ndarray) -> np.ndarray:
    _, vectors = triples(weight)
    n = len(vectors)
    return np.array([-sum(cosine(vectors[i], vectors[j]) for i in range(n) if i != j) for j in range(n)])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SHAPES), st.integers(0, 2**31), st.sampled_from([1e-10, 1.0, 1e15]))
def test_scores_follow_their_definitions(layer_of, shape, seed, scale):
    weight = scale * gaussian(shape, seed)
    view, array = layer_of(weight), weight.numpy()
    assert np.array_equal(get("operator_similarity").score(view), slow_operator_similarity(array))
    assert np.array_equal(get("rank1_cosine").score(view), slow_rank1_cosine(array))
    assert np.allclose(get("graph_centrality").score(view), slow_centrality(array), rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SHAPES), st.integers(0, 2**31), st.integers(1, 8))
def test_nystrom_scores_follow_the_definition(layer_of, shape, seed, landmarks):
    weight = gaussian(shape, seed)
    scores = get("nystrom_similarity", landmarks=landmarks).score(layer_of(weight))
    assert np.array_equal(scores, slow_nystrom(weight.numpy(), landmarks))


@pytest.mark.parametrize("landmarks", [9, 20, 64, 1000])
def test_nystrom_with_enough_landmarks_is_rank1_cosine(layer_of, landmarks):
    view = layer_of(gaussian((20, 5, 3, 3), 1))
    scores = get("nystrom_similarity", landmarks=landmarks).score(view)
    assert torch.equal(scores, get("rank1_cosine").score(view))


def test_nystrom_with_few_landmarks_is_not(layer_of):
    view = layer_of(gaussian((20, 5, 3, 3), 1))
    scores = get("nystrom_similarity[landmarks=3]").score(view)
    assert not torch.equal(scores, get("rank1_cosine").score(view))


@pytest.mark.parametrize("landmarks", [0, -1, 2.5, "many"])
def test_landmarks_must_be_positive(landmarks):
    with pytest.raises(ValueError, match="`landmarks` must be an integer of at least 1"):
        get("nystrom_similarity", landmarks=landmarks)


@pytest.mark.parametrize("name", WALKS)
def test_walks_rank_every_filter_once(layer_of, hard_weight, name):
    scores = get(name).score(layer_of(hard_weight))
    assert np.allclose(np.sort(scores), np.linspace(0, 1, len(hard_weight)))


@pytest.mark.parametrize("name", WALKS)
def test_walks_of_one_filter(layer_of, name):
    for weight in (torch.zeros(1, 2, 3, 3), torch.ones(1, 2, 3, 3)):
        assert get(name).score(layer_of(weight)).tolist() == [0]


@pytest.mark.parametrize("name", WALKS)
@pytest.mark.parametrize("dead", [[0], [4, 1], [0, 1, 2, 3, 5]])
def test_filters_of_zeros_leave_first(layer_of, name, dead):
    weight = gaussian((6, 3, 3, 3), 2)
    weight[dead] = 0
    scores = get(name).score(layer_of(weight))
    assert sorted(scores.argsort()[: len(dead)].tolist()) == sorted(dead)
    alone = get(name).score(layer_of(weight[[j for j in range(6) if j not in dead]]))
    left = scores[[j for j in range(6) if j not in dead]]
    assert left.argsort().tolist() == alone.argsort().tolist()


@pytest.mark.parametrize("name", WALKS)
def test_signs_do_not_matter(layer_of, name):
    weight = gaussian((12, 4, 3, 3), 3)
    flipped = weight * (1 - 2 * (torch.arange(12) % 2)).view(-1, 1, 1, 1)
    assert torch.equal(get(name).score(layer_of(weight)), get(name).score(layer_of(flipped)))


@pytest.mark.parametrize("name", [*WALKS, "graph_centrality", "geometric_median", "operator_norm"])
@pytest.mark.parametrize("kernel", [1, 3])
def test_scores_follow_filters_up_to_exact_twins(layer_of, name, kernel):
    """Also negated twins and filters that differ in the order of channels: equal norms and directions."""
    generator = torch.Generator().manual_seed(4)
    some = torch.randn(6, 4, kernel, kernel, generator=generator)
    weight = torch.cat([some, some[:2], -some[1:4], some[3:5].flip(1), 0 * some[:2]])
    origin = torch.tensor([*range(6), 0, 1, 6, 7, 8, 9, 10, 11, 11])
    stored = get(name).score(layer_of(weight))
    for _ in range(5):
        order = torch.randperm(len(weight), generator=generator)
        reordered = get(name).score(layer_of(weight[order]))
        for one in range(12):
            mine = stored[origin == one].sort().values
            theirs = reordered[origin[order] == one].sort().values
            torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-12)


def test_filters_of_zeros_are_below_the_most_central(layer_of):
    weight = torch.ones(4, 2, 3, 3)
    weight[2] = 0
    assert torch.allclose(
        get("graph_centrality").score(layer_of(weight)), torch.tensor([-2.0, -2.0, -4.0, -2.0]).double()
    )


def test_the_most_central_filter_goes_first(layer_of):
    angles = torch.tensor([0.0, 0.2, 0.5, 1.5]).double()
    weight = torch.stack([angles.cos(), angles.sin()], 1).view(4, 1, 1, 2)
    scores = get("graph_centrality").score(layer_of(weight))
    expected = [-sum(abs(float((a - b).cos())) for b in angles if b is not a) + 1 for a in angles]
    assert torch.allclose(scores, torch.tensor(expected).double())
    assert int(scores.argmin()) == 2
