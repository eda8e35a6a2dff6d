"""How many entries of a tensor go with a filter, by hand; and filters of which one has more than another."""

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.harness.networks.groups.cut_entries import cut_entries
from prunebench.harness.networks.groups.filter_group import Cut, Group, Writer


def group(*cuts, filters=2):
    return Group("a", (Writer("a", None, "a"),), ("b",), filters, cuts)


def test_entries_are_counted_by_axis_and_group():
    first = group(Cut("a.weight", 0), Cut("b.weight", 1, np.array([0, 0, 1, 1, -1])))
    second = group(Cut("b.weight", 0), Cut("a.weight", 0))
    assert cut_entries([(3, first), (5, second)]) == {
        "a.weight": {0: [(3, 1), (5, 1)]},
        "b.weight": {1: [(3, 2)], 0: [(5, 1)]},
    }


@pytest.mark.parametrize(
    ("filters", "said"), [([0, 0, 1], "1 to 2"), ([0, -1], "0 to 1"), ([1, 1, -1], "0 to 2")]
)
def test_filters_with_differently_many_entries_are_refused(filters, said):
    with pytest.raises(InputError, match=rf"Those of `a` have {said} in `b\.weight`: leave the group out"):
        cut_entries([(0, group(Cut("b.weight", 1, np.array(filters))))])
