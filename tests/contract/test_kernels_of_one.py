"""Layers of 1×1 kernels: a criterion says that it does not accept them, or tells their filters apart in its own way.

Without this, a criterion that compares shapes of kernels would choose by the size of the weights, as `l2` does, or
give one constant, and a comparison would show `l2` under a second name.
"""

import pytest

from prunebench.pruners import BUILTIN
from prunebench.pruners.specimen import gaussian

SEEDS = range(3)
CLIPS = 24  # of four, `entropy` gives nearly all filters the same
# In one layer LAMP orders filters as `l2` does, by its definition: it differs in how layers are compared.
AS_L2_IN_EVERY_LAYER = {"lamp"}
REFUSED = {
    "operator_similarity",
    "rank1_cosine",
    "rank1_cosine_released",  # every cosine is 1 or −1: which filters go is decided by rounding
    "nystrom_similarity",
    "graph_centrality",
}


def order(name, kernel, seed):
    """Filters from the lowest score to the highest; of equal scores the one stored first comes first."""
    scores = gaussian(kernel=kernel, clips=CLIPS, seed=seed).scores(BUILTIN[name]())
    return scores.argsort(stable=True).tolist()


def is_accepted(name):
    pruner = BUILTIN[name]()
    return pruner.layers <= gaussian(kernel=1).view(pruner).traits


def test_which_criteria_refuse_kernels_of_one():
    assert {name for name in BUILTIN if not is_accepted(name)} == REFUSED


@pytest.mark.parametrize("name", sorted(set(BUILTIN) - REFUSED))
def test_a_criterion_that_accepts_kernels_of_one_has_an_order_of_its_own(name):
    for seed in SEEDS:
        scores = gaussian(kernel=1, clips=CLIPS, seed=seed).scores(BUILTIN[name]())
        assert len(scores.unique()) > 1
    as_l2 = [order(name, 1, seed) == order("l2", 1, seed) for seed in SEEDS]
    if name == "l2" or name in AS_L2_IN_EVERY_LAYER:
        assert all(order(name, 3, seed) == order("l2", 3, seed) for seed in SEEDS)
        assert all(as_l2)
    else:
        assert not any(as_l2)


@pytest.mark.parametrize("name", ["operator_similarity", "rank1_cosine", "nystrom_similarity"])
def test_a_similarity_would_choose_as_l2(name):
    """Every prototype of a filter is the number 1 there, and what is left is its size."""
    for seed in SEEDS:
        assert order(name, 1, seed) == order("l2", 1, seed)
        assert order(name, 3, seed) != order("l2", 3, seed)


def test_graph_centrality_would_give_one_constant():
    for seed in SEEDS:
        scores = gaussian(kernel=1, clips=CLIPS, seed=seed).scores(BUILTIN["graph_centrality"]())
        assert float(scores.max() - scores.min()) < 1e-5 * float(scores.abs().max())
