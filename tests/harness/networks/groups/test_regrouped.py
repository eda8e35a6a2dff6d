"""The groups of a pruned model follow from those of the model before, so that they need not be found again."""

import numpy as np
import pytest
import torch

from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.network_registry import resolve_network


def removed_of(tagger, seed):
    rng = np.random.default_rng(seed)
    return {
        group.name: tuple(rng.permutation(group.filters)[: group.filters // 3].tolist())
        for group in tagger.groups
    }


@pytest.mark.parametrize("label", ["mobilenet_v2[width=0.125]", "resnet22[width=0.0625]", "mn[width=0.2]"])
def test_two_cuts_are_one(label):
    network = resolve_network(label)
    tagger = Tagger(network, network.build(5, seed=1))
    first = removed_of(tagger, 0)
    once = tagger.without(first)
    found_anew = Tagger(network, once.model)
    assert [(g.name, g.filters, len(g.writers)) for g in once.groups] == [
        (g.name, g.filters, len(g.writers)) for g in found_anew.groups
    ]
    second = removed_of(once, 1)
    twice, traced = once.without(second), found_anew.without(second)
    for name, tensor in traced.model.state_dict().items():
        assert torch.equal(twice.model.state_dict()[name], tensor), name
    left = {
        group.name: np.setdiff1d(np.arange(group.filters), first[group.name])[
            list(second[group.name])
        ].tolist()
        for group in tagger.groups
    }
    at_once = tagger.without({name: (*first[name], *left[name]) for name in first})
    for name, tensor in twice.model.state_dict().items():
        assert torch.equal(at_once.model.state_dict()[name], tensor), name


def test_filters_side_by_side_on_one_axis():
    """A layer that reads two groups one after the other, as after a concatenation."""
    from prunebench.harness.networks.groups.filter_group import Cut, Group, Writer
    from prunebench.harness.networks.groups.regrouped import regrouped

    def group(name, filters, of):
        part = Cut("reader.weight", 1, np.array(of))
        return Group(
            name, (Writer(name, None, name),), ("reader",), filters, (Cut(f"{name}.weight", 0), part)
        )

    a, b = group("a", 3, [0, 1, 2, -1, -1]), group("b", 2, [-1, -1, -1, 0, 1])
    left = regrouped((a, b), {"a": (1,), "b": (0,)})
    assert [g.filters for g in left] == [2, 1]
    assert [g.cuts[1].filters.tolist() for g in left] == [[0, 1, -1], [-1, -1, 0]]
