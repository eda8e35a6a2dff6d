"""Is the tail of a network what fine-tuning may train alone, on what the stem gave?"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.testing.network_under_test import NetworkUnderTest, apart, fill

TOLERANCE = 1e-5  # of the largest logit


def check_tail(subject: NetworkUnderTest) -> None:
    """What the stem gives leads to the logits; neither part uses tensors of the other. No tail, no stem."""
    network = subject.network
    tagger = Tagger(network, subject.model)
    if network.tail is None:
        assert network.stem == (), (
            "`stem` must be empty where `tail` is `None`: name the module where the tail begins."
        )
        return
    assert network.stem, "`stem` must name the modules before the tail."
    modules = dict(subject.model.named_modules())
    for name in network.stem:
        assert name in modules, f"`stem` must name modules of the model. It has no `{name}`."
    parts = {name: tagger.in_stem(name) for name in (network.tail, *network.head)}
    assert not any(parts.values()), (
        "`stem` must end before the tail and the head. It contains "
        f"`{next((name for name, within in parts.items() if within), '')}`."
    )
    with torch.no_grad():
        outputs = tagger.stem_outputs(subject.features)
        assert isinstance(outputs, Tensor), (
            "`stem_outputs` must give one tensor: begin the tail at another module."
        )
        assert len(outputs) == len(subject.features), "`stem_outputs` must give a row for each clip."
        found = tagger.from_stem(outputs.clone())
        difference = apart(found, subject.logits(subject.model))
        assert difference <= TOLERANCE, (
            "`from_stem` of what `stem_outputs` gave must be what `logits` gives, and differs by "
            f"{difference:.2g} of the largest logit."
        )
        other_stem = Tagger(network, _drawn_anew(tagger, in_stem=True))
        assert torch.equal(other_stem.from_stem(outputs.clone()), tagger.from_stem(outputs.clone())), (
            "`from_stem` must use no tensor of the modules in `stem`, because fine-tuning would change these modules."
        )
        other_tail = Tagger(network, _drawn_anew(tagger, in_stem=False))
        assert torch.equal(other_tail.stem_outputs(subject.features), outputs), (
            "`stem_outputs` must use no tensor of modules outside of `stem`, because the outputs that are kept "
            "would become outdated."
        )


def _drawn_anew(tagger: Tagger, *, in_stem: bool) -> nn.Module:
    """A copy whose tensors in the stem, or outside of it, are others."""
    new = copy.deepcopy(tagger.model)
    other = copy.deepcopy(tagger.model)
    fill(other, torch.Generator().manual_seed(5))
    drawn = {name: t + 1 if t.is_floating_point() else t for name, t in other.state_dict().items()}
    new.load_state_dict(
        {name: drawn[name] if tagger.in_stem(name) == in_stem else t for name, t in new.state_dict().items()}
    )
    return new
