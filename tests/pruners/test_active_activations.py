"""APoZ, entropy, energy and HRank against slow re-derivations and closed forms by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy as scipy_entropy
from torch import Tensor

from prunebench.pruners import singular_values
from prunebench.pruners.apoz import AveragePercentageOfZeros
from prunebench.pruners.contract import Pruner
from prunebench.pruners.energy import Energy
from prunebench.pruners.entropy import Entropy
from prunebench.pruners.hrank import HRank
from prunebench.pruners.specimen import Specimen, gaussian


def with_maps(maps: Tensor, batch: int = 2) -> Specimen:
    """A layer whose activations are the given maps, (clips, filters, frames, mels)."""
    clips, filters = maps.shape[:2]
    tensors = dict(gaussian(filters, clips=clips).tensors)
    return Specimen(tensors | {"activations": maps}, batch)


@st.composite
def random_maps(draw: st.DrawFn) -> Tensor:
    shape = [draw(st.integers(1, most)) for most in (5, 5, 7, 7)]
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    maps = torch.randn(shape, generator=generator).relu()
    return maps * 10.0 ** draw(st.integers(-6, 6))


def scores(pruner: Pruner, maps: Tensor) -> np.ndarray:
    return with_maps(maps).scores(pruner).numpy()


def per_map(maps: Tensor, measure) -> np.ndarray:
    """Mean over the clips of a measure of each map."""
    clips, filters = maps.shape[:2]
    array = maps.double().numpy()
    return np.array([np.mean([measure(array[k, j]) for k in range(clips)]) for j in range(filters)])


@settings(max_examples=40, deadline=None)
@given(random_maps())
def test_apoz_follows_its_definition(maps: Tensor) -> None:
    def share_of_zeros(map_: np.ndarray) -> float:
        return sum(value == 0 for value in map_.ravel()) / map_.size

    assert np.allclose(scores(AveragePercentageOfZeros(), maps), 1 - per_map(maps, share_of_zeros))


@settings(max_examples=40, deadline=None)
@given(random_maps())
def test_energy_follows_its_definition(maps: Tensor) -> None:
    expected = per_map(maps, lambda map_: np.linalg.svd(map_, compute_uv=False).sum())
    assert np.allclose(scores(Energy(), maps), expected, rtol=1e-5, atol=0)


@settings(max_examples=40, deadline=None)
@given(random_maps())
def test_hrank_follows_its_definition(maps: Tensor) -> None:
    def rank(map_: np.ndarray) -> int:
        values = np.linalg.svd(map_, compute_uv=False)
        return sum(value > max(map_.shape) * np.finfo(np.float32).eps * values[0] for value in values)

    assert np.array_equal(scores(HRank(), maps), per_map(maps, rank))


@settings(max_examples=40, deadline=None)
@given(random_maps(), st.integers(2, 9))
def test_entropy_follows_its_definition(maps: Tensor, bins: int) -> None:
    pooled = maps.double().mean((2, 3)).numpy()
    expected = []
    for j in range(pooled.shape[1]):
        column = pooled[:, j]
        # NumPy makes its edges from an absolute range of 1 where all values are equal.
        counts = np.histogram(column, bins)[0] if np.ptp(column) > 0 else [len(column)]
        expected.append(scipy_entropy(np.array(counts) / len(column)))
    assert np.allclose(scores(Entropy(bins), maps), expected)


def test_hrank_agrees_with_matrix_rank_of_torch() -> None:
    """On maps of every rank, as the released code decides them."""
    generator = torch.Generator().manual_seed(0)
    rank = torch.arange(9).repeat(4, 1)
    left = torch.randn(4, 9, 40, 8, generator=generator) * (torch.arange(8) < rank[:, :, None, None])
    maps = left @ torch.randn(4, 9, 8, 8, generator=generator)
    theirs = torch.linalg.matrix_rank(maps).double()
    assert torch.equal(theirs, rank.double())
    assert torch.equal(with_maps(maps).scores(HRank()), theirs.mean(0))


def test_hrank_at_the_tolerance() -> None:
    """Singular values just above and just below 9·ε of the largest, in maps of 9 frames and 4 mels."""
    limit = 9 * torch.finfo(torch.float32).eps
    maps = torch.zeros(1, 2, 9, 4)
    maps[:, :, 0, 0] = 1
    maps[0, :, 1, 1] = torch.tensor([1.1 * limit, 0.9 * limit])
    assert scores(HRank(), maps).tolist() == [2, 1]


HAND_MAPS = torch.tensor(
    [
        [[[3.0, 0.0], [0.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]]],
        [[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]]],
    ]
)


@pytest.mark.parametrize(
    ("pruner", "expected"),
    [
        (AveragePercentageOfZeros(), [3 / 8, 0, 1]),
        (Energy(), [(7 + 1) / 2, 0, 2]),
        (HRank(), [1.5, 0, 1]),
        # Means 7/4 and 1/4: two clips in two bins; the other filters say the same of both clips.
        (Entropy(), [math.log(2), 0, 0]),
    ],
    ids=lambda value: getattr(value, "label", ""),
)
def test_by_hand(pruner: Pruner, expected: list[float]) -> None:
    assert np.allclose(scores(pruner, HAND_MAPS), expected, atol=1e-12)


def test_entropy_is_largest_where_all_bins_are_equally_full() -> None:
    maps = torch.arange(8.0).repeat_interleave(3).view(24, 1, 1, 1)
    assert np.allclose(scores(Entropy(8), maps), math.log(8))


def test_entropy_of_the_ends_of_the_range() -> None:
    """The largest value belongs to the last bin: half of five values above the middle of [0, 1]."""
    maps = torch.tensor([0.0, 0.1, 0.5, 0.9, 1.0]).view(5, 1, 1, 1)
    expected = -(2 / 5) * math.log(2 / 5) - (3 / 5) * math.log(3 / 5)
    assert np.allclose(scores(Entropy(2), maps), expected)


@pytest.mark.parametrize("pruner", [AveragePercentageOfZeros(), Energy(), HRank(), Entropy(4)])
def test_batch_size_does_not_matter(pruner: Pruner) -> None:
    maps = gaussian(clips=7).tensors["activations"]
    alone, together = with_maps(maps, 1).scores(pruner), with_maps(maps, 7).scores(pruner)
    assert torch.allclose(alone, together, rtol=1e-12)


def test_one_scalar_per_filter_and_clip_at_most() -> None:
    specimen = gaussian(clips=9)
    assert specimen.observed(Entropy()).observed.shape == (12, 9)
    for pruner in (AveragePercentageOfZeros(), Energy(), HRank()):
        assert specimen.observed(pruner).observed.shape == (12, 2)


@pytest.mark.parametrize("shape", [(1001, 64), (62, 2), (3, 9), (1, 5)])
def test_singular_values(shape: tuple[int, int]) -> None:
    maps = torch.randn(2, 3, *shape, generator=torch.Generator().manual_seed(0)).relu()
    expected = torch.linalg.svdvals(maps.double()).flip(-1)
    error = (singular_values.of_maps(maps) - expected).abs().amax(-1)
    assert (error <= 1e-7 * expected[..., -1]).all()


def test_too_few_bins() -> None:
    with pytest.raises(ValueError, match=r"`bins` must be an integer from 2 to 10,000. Found `bins = 1`"):
        Entropy(bins=1)
