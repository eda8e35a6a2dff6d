from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from prunebench.eval import InputError
from prunebench.harness.budget.ratio import filters_to_remove, removal_count
from prunebench.harness.networks.layers import parse_scope, scope_name


def test_scopes():
    assert parse_scope("C7-C12") == ("C7", "C8", "C9", "C10", "C11", "C12")
    assert parse_scope("C12,C1-C3") == parse_scope(["C12", "C2", "C1", "C3"]) == ("C1", "C2", "C3", "C12")
    for name in ("C7-C12", "C8", "C1-C3,C12", "C1,C3"):
        assert scope_name(parse_scope(name)) == name


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        ("C13", "Found `C13`; did you mean `C"),
        ("C7-C13", "Found `C13`"),
        ("C9-C7", "must run from the lower to the higher layer"),
        ("", "must be one of C1"),
    ],
)
def test_bad_scopes(scope, message):
    with pytest.raises(InputError, match=message):
        parse_scope(scope)


@given(filters=st.integers(1, 4096), percent=st.integers(0, 9999))
def test_count_is_the_rounded_share_and_leaves_one(filters, percent):
    ratio = Fraction(percent, 10000)
    expected = min(filters - 1, int(ratio * filters + Fraction(1, 2)))
    assert removal_count(filters, float(ratio)) == expected


def test_counts_by_hand():
    assert removal_count(50, 0.29) == 15  # 14.5, which is 14.499… in binary
    assert removal_count(10, 0.9) == 9
    assert removal_count(10, 0.96) == 9
    assert removal_count(1, 0.9) == 0
    assert removal_count(2048, 0.5) == 1024


@pytest.mark.parametrize("ratio", [-0.1, 1.0, 1.5, float("nan")])
def test_ratio_outside_its_range(ratio):
    with pytest.raises(InputError, match=r"must lie in \[0, 1\)"):
        removal_count(10, ratio)


def test_lowest_scores_go_and_ties_go_by_place():
    scores = torch.tensor([0.5, 0.1, 0.1, 0.9, 0.1, 0.0])
    assert filters_to_remove(scores, 0.5) == (1, 2, 5)
    assert filters_to_remove(scores, 0.0) == ()
