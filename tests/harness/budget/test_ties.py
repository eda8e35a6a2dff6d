"""The share of filters that tie at the cut, by its definition."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from prunebench.harness.budget.ratio import lowest, tied_at_cut


@pytest.mark.parametrize(
    ("scores", "count", "share"),
    [
        ([1.0, 2.0, 3.0, 4.0], 2, 0.0),
        ([1.0, 2.0, 2.0, 4.0], 2, 0.5),
        ([1.0, 2.0, 2.0, 4.0], 1, 0.0),
        ([2.0, 2.0, 2.0, 2.0], 3, 1.0),
        ([2.0, 2.0], 0, 0.0),
        ([2.0, 2.0], 2, 0.0),
    ],
)
def test_by_hand(scores, count, share):
    assert tied_at_cut(torch.tensor(scores), count) == share


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(0, 12))
def test_it_is_the_share_of_the_score_that_both_goes_and_stays(scores, count):
    count = min(count, len(scores))
    gone = lowest(torch.tensor(scores, dtype=torch.float64), count)
    both = {scores[i] for i in gone} & {s for i, s in enumerate(scores) if i not in gone}
    expected = sum(score in both for score in scores) / len(scores)
    assert tied_at_cut(torch.tensor(scores, dtype=torch.float64), count) == pytest.approx(expected)
