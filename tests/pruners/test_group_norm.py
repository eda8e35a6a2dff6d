"""`group_norm` and the members that it sums over: by hand, against plain loops, and against torch-pruning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from prunebench.pruners.contract import LayerView
from prunebench.pruners.group_member import GroupMember
from prunebench.pruners.group_norm import GroupNorm
from prunebench.pruners.specimen import gaussian
from prunebench.pruners.sums_of_squares import sums_of_squares

FLAT = GroupMember(
    "flat", torch.tensor([[1.0, 2, 3, 4, 5], [0, 0, 0, 0, 2]]), 1, torch.tensor([0, 1, -1, 1, 0])
)


def of(*members: GroupMember, filters: int) -> LayerView:
    return LayerView("C1", torch.zeros(filters, 1, 1, 1), None, None, members)


def terms(member: GroupMember) -> Iterator[tuple[int, float]]:
    """Filter and weight, one weight at a time."""
    for place in np.ndindex(*member.parameter.shape):
        entry = place[member.axis]
        yield int(entry if member.filters is None else member.filters[entry]), float(member.parameter[place])


def test_a_flattened_reader_by_hand() -> None:
    """Entries 0 and 4 go with filter 0, entries 1 and 3 with filter 1, entry 2 with none."""
    assert FLAT.by_filter(torch.tensor([1.0, 2, 3, 4, 5]), 2).tolist() == [6, 6]
    assert FLAT.squared_norms(2).tolist() == pytest.approx([1 + 25 + 4, 4 + 16])
    assert FLAT.summed(FLAT.parameter, 2).tolist() == [1 + 5 + 2, 2 + 4]
    scale = GroupMember("scale", torch.tensor([3.0, -2.0]), 0)
    assert GroupNorm().score(of(FLAT, scale, filters=2)).tolist() == pytest.approx([39, 24])


def test_every_member_of_a_group_counts() -> None:
    specimen = gaussian(5, 3)
    view = specimen.view(GroupNorm())
    expected = np.zeros(5)
    for member in view.group:
        for k, weight in terms(member):
            expected[k] += weight**2
    assert np.allclose(specimen.scores(GroupNorm()).numpy(), expected, rtol=1e-7)
    for left_out in range(len(view.group)):
        fewer = replace(view, group=[*view.group[:left_out], *view.group[left_out + 1 :]])
        assert not np.allclose(GroupNorm().score(fewer).numpy(), expected, rtol=1e-5)


def test_sums_are_those_of_plain_loops() -> None:
    for member in gaussian(4, 2).view(GroupNorm()).group:
        expected = np.zeros(4)
        for k, weight in terms(member):
            expected[k] += weight
        assert np.allclose(member.summed(member.parameter, 4).numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("axis", [0, 1])
def test_weights_whose_squares_single_precision_cannot_hold(axis: int) -> None:
    """They keep their place among others, and among themselves."""
    sizes = torch.tensor([1e-30, 2e-30, 1, 1e25, 0])
    weight = torch.ones(5, 700) * sizes[:, None]
    member = GroupMember("w", weight if axis == 0 else weight.T.contiguous(), axis)
    expected = [700e-60, 2800e-60, 700, 700e50, 0]
    assert GroupNorm().score(of(member, filters=5)).tolist() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("shape", [(3, 4, 3, 3), (40, 300, 3, 3), (5, 1, 3, 3), (7, 513), (33, 7, 5), (6,)])
def test_sums_of_squares_are_those_of_double_precision(shape: tuple[int, ...]) -> None:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    for axis in range(min(2, len(shape))):
        others = [place for place in range(len(shape)) if place != axis]
        squares = values.double().square()
        expected = squares.sum(others) if others else squares
        torch.testing.assert_close(sums_of_squares(values, axis), expected, rtol=1e-6, atol=0)


def test_torch_pruning_gives_the_same_on_a_flattened_map() -> None:
    import torch_pruning as tp

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(2, 6, 3, padding=1),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(6 * 16, 3),
        )
        nn.init.normal_(model[1].weight)
        nn.init.normal_(model[1].bias)
    graph = tp.DependencyGraph().build_dependency(model, torch.randn(1, 2, 4, 4))
    group = graph.get_pruning_group(model[0], tp.prune_conv_out_channels, list(range(6)))
    theirs = tp.importance.GroupMagnitudeImportance(p=2, group_reduction="sum", normalizer=None, bias=True)(
        group
    )
    members = [
        GroupMember(f"{layer}.{name}", parameter.detach(), 0)
        for layer in (0, 1)
        for name, parameter in model[layer].named_parameters()
    ]
    entries = torch.arange(6).repeat_interleave(16)
    members.append(GroupMember("4.weight", model[4].weight.detach(), 1, entries))
    torch.testing.assert_close(GroupNorm().score(of(*members, filters=6)).float(), theirs)
