"""Criteria held against each other, layer by layer."""

from __future__ import annotations

import math

import pytest
import torch

from prunebench.harness.pruning.criteria_compared import compare_scores

UP, DOWN = torch.arange(8.0), -torch.arange(8.0)
MIXED = torch.tensor([0.0, 1, 4, 5, 2, 3, 6, 7])


def test_every_pair_on_every_layer() -> None:
    scores = {name: {"C7": s, "C8": s[:4]} for name, s in (("up", UP), ("down", DOWN), ("mixed", MIXED))}
    rows = compare_scores(scores, [0.25, 0.5])
    assert [(r.a, r.b, r.layer, r.filters) for r in rows] == [
        ("up", "down", "C7", 8),
        ("up", "down", "C8", 4),
        ("up", "mixed", "C7", 8),
        ("up", "mixed", "C8", 4),
        ("down", "mixed", "C7", 8),
        ("down", "mixed", "C8", 4),
    ]
    first, third = rows[0], rows[2]
    assert (first.kendall_tau, first.spearman_rho) == pytest.approx((-1, -1))
    assert first.overlap == {0.25: 0, 0.5: 0}
    assert third.kendall_tau == pytest.approx(1 - 2 * 4 / 28)
    assert third.overlap == {0.25: 1, 0.5: 0.5}


def test_no_ratio_reaches_into_a_criterion_with_a_budget_of_its_own() -> None:
    own = torch.tensor([1.0, 1, 0, 1, 0, 1, 1, 1])
    (row,) = compare_scores({"up": {"C7": UP}, "own": {"C7": own}}, [0.5], own_budget=["own"])
    assert math.isnan(row.overlap[0.5])
    assert math.isfinite(row.kendall_tau)


def test_a_ratio_that_removes_nothing() -> None:
    (row,) = compare_scores({"up": {"C7": UP}, "down": {"C7": DOWN}}, [0.01])
    assert math.isnan(row.overlap[0.01])
