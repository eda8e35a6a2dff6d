"""ThiNet against the greedy algorithm as the paper writes it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from prunebench.pruners.specimen import Specimen, gaussian
from prunebench.pruners.thinet import ThiNet


def sampled_contributions(specimen: Specimen, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Contributions (m, n) of each channel at the sampled outputs, and those outputs (m,), by loops."""
    weight, clips = specimen.tensors["consumer_weight"], specimen.tensors["consumer_input"]
    if weight.ndim == 2:
        weight, clips = weight[:, :, None, None], clips[:, :, None, None]
    size = weight.shape[-1]
    generator = torch.Generator().manual_seed(seed)
    contributions, outputs = [], []
    for clip in clips:
        whole = F.conv2d(clip[None], weight, padding=size // 2)[0]
        draws = [torch.randint(high, (samples,), generator=generator).tolist() for high in whole.shape]
        padded = F.pad(clip, [size // 2] * 4).numpy()
        for output, frame, mel in zip(*draws, strict=True):
            row = []
            for j in range(clip.shape[0]):
                patch = padded[j, frame : frame + size, mel : mel + size]
                row.append(float((patch * weight[output, j].numpy()).sum()))
            contributions.append(row)
            outputs.append(float(whole[output, frame, mel]))
    return np.array(contributions), np.array(outputs)


def greedy_order(contributions: np.ndarray) -> list[int]:
    """The paper's algorithm: T grows by the channel that keeps the summed square smallest."""
    channels = contributions.shape[1]
    gone: list[int] = []
    while len(gone) < channels:
        left = [j for j in range(channels) if j not in gone]
        costs = [np.square(contributions[:, [*gone, j]].sum(1)).sum() for j in left]
        gone.append(left[int(np.argmin(costs))])
    return gone


def order(scores: Tensor) -> list[int]:
    return scores.argsort().tolist()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 8),
    st.sampled_from([1, 3]),
    st.booleans(),
    st.integers(1, 4),
    st.integers(1, 6),
    st.integers(0, 2**31),
)
def test_order_is_that_of_the_greedy_algorithm(
    filters: int, kernel: int, linear: bool, clips: int, samples: int, seed: int
) -> None:
    specimen = gaussian(filters, 2, kernel, clips=clips, linear_consumer=linear, seed=seed)
    contributions, _ = sampled_contributions(specimen, samples, seed)
    found = order(specimen.scores(ThiNet(samples), seed))
    # Costs that agree to rounding may leave in either order: compare the costs of the two walks.
    assert np.allclose(
        walk_costs(contributions, found), walk_costs(contributions, greedy_order(contributions))
    )


def walk_costs(contributions: np.ndarray, leaving: list[int]) -> list[float]:
    return [np.square(contributions[:, leaving[: k + 1]].sum(1)).sum() for k in range(len(leaving))]


@pytest.mark.parametrize("linear", [False, True])
def test_contributions_sum_to_the_output_of_the_next_layer(linear: bool) -> None:
    """With all channels gone what is missing is the whole output: 1ᵀM1 = Σ ŷ²."""
    specimen = gaussian(9, linear_consumer=linear)
    contributions, outputs = sampled_contributions(specimen, 10, seed=5)
    gram = specimen.observed(ThiNet(), seed=5).observed
    assert np.allclose(contributions.sum(1), outputs, atol=1e-5)
    assert np.allclose(gram.numpy(), contributions.T @ contributions, rtol=1e-4, atol=1e-5)
    assert float(gram.sum()) == pytest.approx(np.square(outputs).sum(), rel=1e-5)


def linear_specimen(contributions: Tensor) -> Specimen:
    """A layer before `fc1` with one output whose sampled contributions are the given rows, a row a clip."""
    clips, filters = contributions.shape
    tensors = dict(gaussian(filters, clips=clips, linear_consumer=True).tensors)
    tensors["consumer_weight"] = torch.ones(1, filters)
    tensors["consumer_input"] = contributions
    return Specimen(tensors)


def test_by_hand() -> None:
    # Squared norms 1, 4, 25, 5: channel 0 leaves. With it 1, 2 and 3 would cost 1, 32 and 8: 1 leaves.
    # With both 2 and 3 would cost 20 and 4: 3 leaves, and 2 is last.
    contributions = torch.tensor([[1.0, -2.0, 3.0, 1.0], [0.0, 0.0, 4.0, 2.0]])
    assert walk_costs(contributions.numpy(), [0, 1, 3, 2]) == [1, 1, 4, 45]
    scores = linear_specimen(contributions).scores(ThiNet(samples=1))
    assert scores.tolist() == pytest.approx([0, 1 / 3, 1, 2 / 3])


def test_channels_that_cancel_leave_together() -> None:
    """Alone both are the largest; together they are missed least."""
    contributions = torch.tensor([[9.0, -9.0, 10.0, 12.0]])
    assert order(linear_specimen(contributions).scores(ThiNet(samples=1)))[:2] == [0, 1]


def test_dead_channels_leave_first() -> None:
    specimen = gaussian(8)
    dead = specimen.each(
        lambda name, t: t.index_fill(1, torch.tensor([2, 5]), 0) if name == "consumer_input" else t
    )
    assert set(order(dead.scores(ThiNet()))[:2]) == {2, 5}


def test_state_does_not_depend_on_clips_or_samples() -> None:
    for clips, samples in ((2, 1), (8, 30)):
        assert gaussian(clips=clips).observed(ThiNet(samples)).observed.shape == (12, 12)


def test_draw_depends_on_the_seed_and_not_on_the_batch_size() -> None:
    specimen = gaussian(clips=6)
    alone, together = Specimen(specimen.tensors, 1), Specimen(specimen.tensors, 6)
    gram = alone.observed(ThiNet(), seed=1).observed
    assert torch.allclose(gram, together.observed(ThiNet(), seed=1).observed)
    assert not torch.allclose(gram, alone.observed(ThiNet(), seed=2).observed)


def test_no_samples() -> None:
    with pytest.raises(
        ValueError, match=r"`samples` must be an integer from 1 to 10,000. Found `samples = 0`"
    ):
        ThiNet(samples=0)
