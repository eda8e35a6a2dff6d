import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.eval import InputError
from prunebench.harness import Cnn14
from prunebench.harness.budget.ratio import filters_to_remove, removal_count
from prunebench.harness.networks.layers import LAYERS, PUBLISHED_WIDTHS, parse_scope
from prunebench.harness.pruning.prune import prune
from prunebench.harness.pruning.surgery import remove_filters
from prunebench.pruners import get


@torch.no_grad()
def mask_filters(model, removed):
    """A new model of the same shape whose given filters give 0: the slow equal of `remove_filters`.

    The batch norm's scale and shift are zeroed too: it would turn a zeroed filter into a constant.
    """
    masked = copy.deepcopy(model)
    for layer, indices in removed.items():
        rows = list(indices)
        masked.convolution(layer).weight[rows] = 0
        masked.batch_norm(layer).weight[rows] = 0
        masked.batch_norm(layer).bias[rows] = 0
    return masked


def lively(model: Cnn14, seed: int = 0) -> Cnn14:
    """Batch norms with statistics that are not trivial."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor in (module.weight.data, module.running_var):
                tensor.uniform_(0.5, 1.5, generator=generator)
            for tensor in (module.bias.data, module.running_mean):
                tensor.normal_(0, 0.3, generator=generator)
    return model.eval()


@pytest.mark.parametrize("ratio", [0.1, 0.25, 0.5, 0.75, 0.99])
@pytest.mark.parametrize("scope", ["C7-C12", "C1-C12", "C6", "C12"])
def test_removing_equals_masking(scope, ratio):
    model = lively(Cnn14([7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18], n_classes=5, embedding=20))

    generator = torch.Generator().manual_seed(1)
    removed = {
        layer: filters_to_remove(
            torch.rand(model.convolution(layer).out_channels, generator=generator), ratio
        )
        for layer in parse_scope(scope)
    }
    pruned, masked = remove_filters(model, removed), mask_filters(model, removed)
    waveforms = torch.randn(3, 24000, generator=generator)
    with torch.inference_mode():
        for found, expected in zip(pruned(waveforms), masked(waveforms), strict=True):
            assert (found - expected).abs().max() < 1e-4 * max(1, expected.abs().max())
        slip = (pruned(waveforms).logits - masked(waveforms).logits).abs().max()
        assert (masked(waveforms).logits - model(waveforms).logits).abs().max() > 10 * slip


def test_full_width_at_half_of_the_last_six():
    model = Cnn14()
    pruned = prune(model, get("l1"), 0.5)
    assert sum(p.numel() for p in pruned.parameters() if p.requires_grad) == 23_205_839
    assert pruned.widths == (64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 1024, 1024)
    assert pruned.embedding == 2048
    assert model.widths == PUBLISHED_WIDTHS


@settings(max_examples=15, deadline=None)
@given(
    widths=st.lists(st.integers(1, 6), min_size=12, max_size=12),
    ratio=st.floats(0, 0.999),
    first=st.integers(0, 11),
)
def test_every_layer_loses_exactly_its_share(widths, ratio, first):
    model = Cnn14(widths, n_classes=2, embedding=3)
    pruned = prune(model, get("l1"), ratio, LAYERS[first:])
    for index, (before, after) in enumerate(zip(widths, pruned.widths, strict=True)):
        assert before - after == (removal_count(before, ratio) if index >= first else 0)
    assert pruned(torch.zeros(1, 24000)).logits.isfinite().all()


def test_the_model_is_left_as_it_was():
    model = lively(Cnn14([4] * 12, n_classes=2, embedding=3)).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    state = torch.random.get_rng_state()
    prune(model, get("l1"), 0.5, "C1-C12")
    assert model.training
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(state, torch.random.get_rng_state())


def test_the_kept_filters_are_the_original_ones():
    model = lively(Cnn14([4] * 12, n_classes=2, embedding=3))
    pruned = remove_filters(model, {"C7": [0, 2]})
    assert torch.equal(pruned.convolution("C7").weight, model.convolution("C7").weight[[1, 3]])
    assert torch.equal(pruned.batch_norm("C7").running_mean, model.batch_norm("C7").running_mean[[1, 3]])
    assert torch.equal(pruned.convolution("C8").weight, model.convolution("C8").weight[:, [1, 3]])


def test_the_head_loses_inputs_and_keeps_outputs():
    pruned = remove_filters(Cnn14([4] * 12, n_classes=2, embedding=3), {"C12": [1]})
    assert pruned.fc1.weight.shape == (3, 3)


@pytest.mark.parametrize("removed", [{"C7": [0, 1, 2, 3]}, {"C7": [4]}, {"C7": [-1]}])
def test_emptied_layers_and_alien_filters_are_refused(removed):
    with pytest.raises(ValueError, match="must keep at least one filter, and its filters are numbered 0 … 3"):
        remove_filters(Cnn14([4] * 12, n_classes=2, embedding=3), removed)


def test_weights_that_are_not_finite():
    model = Cnn14([4] * 12, n_classes=2, embedding=3)
    with torch.no_grad():
        model.convolution("C9").weight[0, 0, 0, 0] = float("nan")
    with pytest.raises(InputError, match="must be finite"):
        prune(model, get("l1"), 0.5)
