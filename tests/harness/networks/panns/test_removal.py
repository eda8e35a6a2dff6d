"""Filters can be removed from a built network in place: what is left gives what masked filters gave."""

import copy

import pytest
import torch
import torch_pruning as tp
from torch import nn

WIDTH = 1 / 4
LAYERS = (nn.Conv1d, nn.Conv2d, nn.Linear)
KEPT_WHOLE = ("fc_audioset", "pre_block3.conv2")  # the classes; the frequency bins of a Wavegram
WRITES = {tp.prune_conv_out_channels, tp.prune_linear_out_channels, tp.prune_batchnorm_out_channels}


def filled(model):
    """Weights on which every filter counts: fresh batch norms of residual blocks pass on nothing."""
    draw = torch.Generator().manual_seed(3)
    for module in model.modules():
        if isinstance(module, LAYERS) and module.weight.requires_grad:
            module.weight.data.normal_(0, (2 / module.weight[0].numel()) ** 0.5, generator=draw)
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            for tensor in (module.weight.data, module.running_var):
                tensor.uniform_(0.5, 1.5, generator=draw)
            for tensor in (module.bias.data, module.running_mean):
                tensor.normal_(0, 0.1, generator=draw)
    return model


def logits_of(model, x):
    """From the tensor that a network reads: the waveform where it reads that too, log-mel features elsewhere."""
    return (model.from_waveform(x) if hasattr(model, "from_waveform") else model.from_log_mel(x)).logits


@pytest.fixture
def model(network):
    """A small network in evaluation mode."""
    return filled(network(width=WIDTH, n_classes=5)).eval()


@pytest.fixture
def x(model):
    """What it reads, of two clips that differ by far."""
    draw = torch.Generator().manual_seed(4)
    loudness = torch.tensor([1.0, 3.0])
    if hasattr(model, "from_waveform"):
        return torch.randn(2, 20480, generator=draw) / 10 * loudness[:, None]
    return torch.randn(2, 65, 64, generator=draw) * loudness[:, None, None]


def widths(model):
    """Filters of every layer that is trained."""
    return {
        name: len(module.weight)
        for name, module in model.named_modules()
        if isinstance(module, LAYERS) and module.weight.requires_grad
    }


def test_half_of_every_layer_can_be_removed(model, x):
    masked = copy.deepcopy(model)
    twin = dict(zip(model.modules(), masked.modules(), strict=True))
    graph = tp.DependencyGraph().build_dependency(model, x, forward_fn=logits_of, verbose=False)
    whole = [module for name, module in model.named_modules() if name in KEPT_WHOLE]
    draw = torch.Generator().manual_seed(5)
    for group in list(graph.get_all_groups(ignored_layers=whole)):
        layer, handler = group[0].dep.target.module, group[0].dep.handler
        filters = len(group[0].idxs)
        chosen = torch.randperm(filters, generator=draw)[: filters // 2].tolist()
        removal = graph.get_pruning_group(layer, handler, idxs=chosen)
        for dependency, entries in removal:
            if dependency.handler in WRITES:
                for tensor in twin[dependency.target.module].parameters(recurse=False):
                    tensor.data[entries] = 0
        removal.prune()
    before, after = widths(masked), widths(model)
    assert after == {name: n if name in KEPT_WHOLE else n - n // 2 for name, n in before.items()}
    with torch.inference_mode():
        removed, expected = logits_of(model, x), logits_of(masked, x)
    torch.testing.assert_close(removed, expected, rtol=0, atol=1e-5 * float(expected.abs().max()))
    assert expected.std(dim=0).max() > 1e-3 * expected.abs().max()  # what is left still tells the clips apart
