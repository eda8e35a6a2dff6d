"""`whc` against a double loop over filters, and where single precision cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from prunebench.pruners.whc import WeightedHybrid


def slow_whc(weight: Tensor) -> list[float]:
    filters = weight.double().flatten(1).numpy()
    scores = []
    for j, own in enumerate(filters):
        total = 0.0
        for i, other in enumerate(filters):
            both = np.linalg.norm(own) * np.linalg.norm(other)
            if i != j and both > 0:
                total += (1 - abs(np.dot(own, other)) / both) * np.linalg.norm(other)
        scores.append(np.linalg.norm(own) * total)
    return scores


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 7),
    st.integers(1, 4),
    st.sampled_from([1, 3]),
    st.integers(0, 2**31),
    st.sampled_from([1, 1e-6, 1e6]),
)
def test_it_follows_its_definition(layer_of, filters, channels, kernel, seed, size):
    weight = size * torch.randn(
        filters, channels, kernel, kernel, generator=torch.Generator().manual_seed(seed)
    )
    expected = slow_whc(weight)
    found = WeightedHybrid().score(layer_of(weight)).tolist()
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-5 * max(expected))


def test_near_twins_and_negated_ones_are_told_apart(layer_of):
    """1 − |cos| of about 1e-8 here, which products in single precision round to 0."""
    generator = torch.Generator().manual_seed(0)
    one = torch.randn(1, 8, 3, 3, generator=generator)
    noise = torch.randn(6, 8, 3, 3, generator=generator) * torch.arange(1, 7).view(-1, 1, 1, 1)
    signs = torch.tensor([1.0, -1, 1, -1, 1, -1]).view(-1, 1, 1, 1)
    weight = signs * (one + 1e-4 * noise)
    found = WeightedHybrid().score(layer_of(weight))
    expected = slow_whc(weight)
    assert np.allclose(found.tolist(), expected, rtol=1e-5)
    assert found.argsort().tolist() == np.argsort(expected).tolist()


def test_near_twins_among_others_keep_the_scores_of_the_others(layer_of):
    weight = torch.randn(40, 8, 3, 3, generator=torch.Generator().manual_seed(1))
    weight[:3] = weight[:1] * (1 + 1e-5 * torch.arange(3).view(-1, 1, 1, 1))
    assert np.allclose(WeightedHybrid().score(layer_of(weight)).tolist(), slow_whc(weight), rtol=1e-5)


def test_a_filter_that_is_a_multiple_of_all_others_shares_all(layer_of):
    weight = torch.ones(3, 2, 1, 1) * torch.tensor([1.0, -2, 3]).view(-1, 1, 1, 1)
    assert WeightedHybrid().score(layer_of(weight)).tolist() == pytest.approx([0, 0, 0], abs=1e-14)
