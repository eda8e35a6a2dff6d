"""Whether a layer that a pruner was shown is still as it was, whichever way it was written to."""

from __future__ import annotations

import pytest
import torch

from prunebench.pruners.l1 import L1Norm
from prunebench.pruners.shown import SMALL, Shown, stamp
from prunebench.pruners.specimen import gaussian

LARGE = SMALL // 4 + 1024  # float32 values of a tensor of which sums are hashed


def by_torch(tensor):
    tensor.mul_(2)


def past_the_counter(tensor):
    tensor.data.mul_(2)


def by_numpy(tensor):
    tensor.numpy()[-1] += 1


def sorted_by_numpy(tensor):
    tensor.numpy().sort()


def turned(tensor):
    tensor.numpy()[:] = tensor.numpy()[::-1].copy()


@pytest.mark.parametrize("write", [by_torch, past_the_counter, by_numpy, sorted_by_numpy, turned])
@pytest.mark.parametrize("size", [5, LARGE])
def test_every_way_to_write_changes_the_stamp(write, size):
    tensor = torch.randn(size, generator=torch.Generator().manual_seed(0))
    before = stamp(tensor)
    assert stamp(tensor) == before
    write(tensor)
    assert stamp(tensor) != before


def test_a_write_that_changes_nothing_past_the_counter_is_no_change():
    tensor = torch.ones(3)
    before = stamp(tensor)
    tensor.numpy()[:] = 1
    assert stamp(tensor) == before


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(0),
        torch.ones(3, dtype=torch.bool),
        torch.ones(7, dtype=torch.bfloat16)[1:],
        torch.ones(4, 6).T,
        torch.empty(3, device="meta"),
        torch.eye(3).to_sparse(),
        torch.nn.UninitializedParameter(),
    ],
    ids=str,
)
def test_any_tensor_has_a_stamp(tensor):
    assert stamp(tensor) == stamp(tensor)


def test_inference_tensors_are_stamped_by_their_values():
    with torch.inference_mode():
        tensor = torch.ones(3)
        before = stamp(tensor)
        tensor.add_(1)
    assert stamp(tensor) != before


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda view: view.weight.zero_(), "weight"),
        (lambda view: view.bn.running_var.add_(1), "bn.running_var"),
        (lambda view: vars(view).update(weight=view.weight.clone()), "weight"),
        (lambda view: vars(view.bn).update(eps=1.0), "bn.eps"),
        (lambda view: vars(view).update(mine=1), "mine"),
        (lambda view: vars(view).pop("consumer_weight"), "consumer_weight"),
        (lambda view: vars(view.group[3]).update(axis=0), "group.consumer_weight.axis"),
        (lambda view: None, None),
    ],
)
def test_the_first_thing_that_changed_is_named(change, name):
    view = gaussian().view(L1Norm())
    shown = Shown(view)
    change(view)
    assert shown.changed() == name


def test_of_what_is_only_counted_the_values_are_not_read():
    view = gaussian().view(L1Norm())
    shown = Shown(view, {id(view.weight)})
    view.weight.data.zero_()
    assert shown.changed() is None
    view.weight.zero_()
    assert shown.changed() == "weight"
