"""What holds for every criterion that looks at weights alone."""

from __future__ import annotations

import pytest
import torch

from prunebench.pruners import BUILTIN, get

PASSIVE = [name for name in BUILTIN if get(name).needs <= {"generator"}]


@pytest.mark.parametrize("name", PASSIVE)
def test_scores_of_hard_layers_are_finite(layer_of, hard_weight, name):
    for weight in (
        hard_weight,
        hard_weight.double(),
        hard_weight[:, :, :1, :1].clone(),
        hard_weight[:1].clone(),
    ):
        before = weight.clone()
        scores = get(name).score(layer_of(weight))
        assert scores.shape == weight.shape[:1]
        assert bool(scores.isfinite().all())
        assert torch.equal(weight, before)


@pytest.mark.parametrize("name", PASSIVE)
def test_half_precision_weights_are_scored(layer_of, name):
    weight = torch.randn(6, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    for dtype in (torch.float16, torch.bfloat16):
        coarse = weight.to(dtype)
        scores = get(name).score(layer_of(coarse))
        assert bool(scores.isfinite().all())
        torch.testing.assert_close(
            scores.double(), get(name).score(layer_of(coarse.double())).double(), rtol=0.01, atol=1e-4
        )


def test_random_scores_are_those_of_the_generator(layer_of):
    assert get("random").needs == {"generator"}
    weight = torch.zeros(500, 1, 1, 1)
    scores = [get("random").score(layer_of(weight, seed=seed)) for seed in (1, 1, 2)]
    assert torch.equal(scores[0], scores[1])
    assert not torch.equal(scores[0], scores[2])
    assert 0 <= float(scores[0].min()) < 0.02
    assert 0.98 < float(scores[0].max()) < 1
    assert float(scores[0].mean()) == pytest.approx(0.5, abs=0.05)
