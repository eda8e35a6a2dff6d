"""Is a model read from its own tensors, pruned or not?"""

from __future__ import annotations

import io

import torch
from torch import nn

from prunebench.harness.testing.network_under_test import CLASSES, NetworkUnderTest


def check_state_dict(subject: NetworkUnderTest) -> None:
    """A state dict that was saved and read gives a model in evaluation mode with the same logits."""
    loaded = _through_a_file(subject, subject.model)
    assert not any(module.training for module in loaded.modules()), (
        "`load` must give a model in evaluation mode."
    )
    assert subject.network.n_classes(loaded) == CLASSES, "`load` must read the classes from the tensors."
    assert torch.equal(subject.logits(loaded), subject.logits(subject.model)), (
        "`load` must give a model with the same logits: keep all that decides them in the state dict."
    )


def check_pruned_widths(subject: NetworkUnderTest) -> None:
    """The state dict of a pruned model gives that model."""
    loaded = _through_a_file(subject, subject.small)
    state = loaded.state_dict()
    for name, tensor in subject.small.state_dict().items():
        assert state[name].shape == tensor.shape, (
            f"`load` must read widths from the tensors. `{name}` has {tuple(state[name].shape)} instead of "
            f"{tuple(tensor.shape)}."
        )
    assert torch.equal(subject.logits(loaded), subject.logits(subject.small)), (
        "`load` must give the pruned model, and its logits differ."
    )


def _through_a_file(subject: NetworkUnderTest, model: nn.Module) -> nn.Module:
    stream = io.BytesIO()
    torch.save(model.state_dict(), stream)
    stream.seek(0)
    return subject.network.load(torch.load(stream, weights_only=True), CLASSES)
