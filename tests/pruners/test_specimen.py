"""The made-up layers of the test kit, and its count of memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch

from prunebench.pruners.contract import Need, Pruner
from prunebench.pruners.energy import Energy
from prunebench.pruners.peak_bytes import peak_bytes
from prunebench.pruners.specimen import FILTER_AXIS, gaussian
from prunebench.pruners.testing import check_pruner


def test_all_tensors_of_a_specimen_run_over_the_filters() -> None:
    order = torch.tensor([2, 0, 1, 1])
    before = gaussian(3)
    after = before.select(order)
    assert set(before.tensors) == set(FILTER_AXIS)
    for name, tensor in after.tensors.items():
        axis = FILTER_AXIS[name]
        assert tensor.shape[axis] == 4
        for new, old in enumerate(order):
            assert torch.equal(tensor.select(axis, new), before.tensors[name].select(axis, int(old)))


def test_specimen_shows_only_what_is_declared() -> None:
    shown = gaussian().batches(Energy(), gaussian().view(Energy()))[0]
    assert shown.activations.shape == (2, 12, 9, 6)
    with pytest.raises(LookupError, match="gradients must declare"):
        _ = shown.gradients
    with pytest.raises(LookupError, match="generator must declare"):
        _ = shown.generator
    with pytest.raises(LookupError, match="consumer_input must declare"):
        _ = shown.consumer_input


def test_peak_bytes_counts_what_is_alive_at_once() -> None:
    given = torch.zeros(1000, 10)

    def one_after_the_other() -> None:
        for _ in range(5):
            _ = given + 1

    def side_by_side() -> None:
        _ = [given + 1 for _ in range(5)]

    assert 40_000 <= peak_bytes(one_after_the_other) < 100_000
    assert 200_000 <= peak_bytes(side_by_side) < 220_000
    assert peak_bytes(lambda: given.T[:5]) < 20_000
    assert peak_bytes(lambda: np.zeros(100_000)) >= 800_000


@dataclass(frozen=True)
class SumAndCount(Pruner):
    name: ClassVar[str] = "sum_and_count"
    reference: ClassVar[str] = ""
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})

    def observe(self, layer, seen):
        return layer.activations.sum((0, 2, 3)), len(layer.activations)

    def score(self, layer):
        return layer.observed[0]


def test_what_is_observed_is_one_tensor():
    message = (
        r"`observe` of pruner `sum_and_count` must return one tensor. Found a tuple: put its parts into one"
    )
    with pytest.raises(AssertionError, match=message):
        check_pruner(SumAndCount())
