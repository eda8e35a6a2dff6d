"""Can filters be removed so that the network answers as if they were masked, and its head is left alone?"""

from __future__ import annotations

import torch

from prunebench.harness.networks.groups.masking import masked
from prunebench.harness.testing.network_under_test import CLASSES, NetworkUnderTest, apart

TOLERANCE = 1e-5  # of the largest logit; 4e-7 was measured of sound networks


def check_groups(subject: NetworkUnderTest) -> None:
    """There are groups, each by a name of its own, scopes lead to them, and none takes outputs of the head."""
    network, groups = subject.network, subject.groups
    names = [group.name for group in groups]
    assert names, "`groups` must find a group whose filters can be removed."
    assert len(set(names)) == len(names), "`groups` must give each group its own name."
    for scope in ("all", "inner", network.default_scope, names[-1]):
        chosen = network.parse_scope(scope, groups)
        assert set(chosen) <= set(names), (
            f"`parse_scope` must give names of groups. Found others for `{scope}`."
        )
    assert network.parse_scope(network.default_scope, groups), "`default_scope` must name at least one group."
    heads = tuple(f"{name}." for name in network.head)
    for group in groups:
        for part in group.cuts:
            assert part.axis != 0 or not part.tensor.startswith(heads), (
                f"`groups` must not remove entries of the head. Group `{group.name}` removes entries of "
                f"`{part.tensor}`."
            )


def check_removal(subject: NetworkUnderTest) -> None:
    """Half of every group, drawn at random, is removed: the logits are those of the masked model."""
    expected = subject.logits(masked(subject.model, subject.groups, subject.removed))
    found = subject.logits(subject.small)
    assert found.shape[1] == CLASSES, (
        f"Removing filters must leave {CLASSES} classes. Found {found.shape[1]}: name the classifier in `head`."
    )
    difference = apart(found, expected)
    assert difference <= TOLERANCE, (
        "Removing filters must give the same logits as masking them. They differ by "
        f"{difference:.2g} of the largest logit: correct the cuts of `groups`."
    )
    before = subject.logits(subject.model)
    assert apart(expected, before) > TOLERANCE, (
        "Filters of a group must matter. Masking half of every group changes no logit: name layers that are run."
    )
    for group in subject.groups:
        for writer in group.writers:
            left = len(subject.small.get_parameter(f"{writer.module}.weight"))
            kept = group.filters - len(subject.removed[group.name])
            assert left == kept, f"Layer `{writer.module}` must have {kept} filters left. Found {left}."
    head = f"{subject.network.head[-1]}.bias"
    state = subject.small.state_dict()
    if head in state:
        assert torch.equal(state[head], subject.model.state_dict()[head]), (
            f"Removing filters must not change the head. `{head}` is a different module afterwards."
        )
