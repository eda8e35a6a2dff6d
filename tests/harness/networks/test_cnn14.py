import numpy as np
import pytest
import torch

from prunebench.harness import Cnn14
from prunebench.harness.networks.layers import LAYERS, PUBLISHED_WIDTHS

SMALL = (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)


def test_full_width_has_the_published_parameters():
    model = Cnn14()
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == 80_753_615
    assert sum(p.numel() for p in model.parameters()) == 81_837_071
    assert model.widths == PUBLISHED_WIDTHS


def test_any_widths():
    model = Cnn14(SMALL, n_classes=3, embedding=17).eval()
    output = model(torch.randn(2, 16000))
    assert model.widths == SMALL
    assert output.logits.shape == output.probabilities.shape == (2, 3)
    assert output.embedding.shape == (2, 17)
    assert [model.convolution(layer).out_channels for layer in LAYERS] == list(SMALL)
    assert [model.batch_norm(layer).num_features for layer in LAYERS] == list(SMALL)


def test_stem_and_trunk_are_the_whole():
    model = Cnn14(SMALL, n_classes=3, embedding=17).eval()
    features = torch.randn(2, 101, 64)
    with torch.inference_mode():
        whole = model.from_log_mel(features).logits
        parts = model.head(model.trunk(model.stem(features))).logits
        by_blocks = model.head(model.trunk(model.stem(features, blocks=1), blocks=1)).logits
    assert torch.equal(whole, parts)
    torch.testing.assert_close(whole, by_blocks)


def test_initial_weights_are_a_function_of_the_seed_and_leave_the_global_generator_alone():
    before = torch.random.get_rng_state()
    first, again, other = (Cnn14(SMALL, 3, 17, seed=seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["fc1.weight"], other["fc1.weight"])


def test_initial_weights_are_xavier_uniform():
    weight = Cnn14(n_classes=2, embedding=8).conv_block2.conv2.weight.detach().numpy()
    bound = np.sqrt(6 / (9 * (128 + 128)))
    assert 0.99 * bound < np.abs(weight).max() <= bound
    assert weight.var() == pytest.approx(bound**2 / 3, rel=0.02)


@pytest.mark.parametrize("widths", [(4,) * 11, (4,) * 11 + (0,)], ids=["eleven", "a layer of none"])
def test_impossible_widths(widths):
    with pytest.raises(ValueError, match="must be 12 integers of at least 1"):
        Cnn14(widths)
