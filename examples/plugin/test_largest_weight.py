"""What the author of a plug-in tests: the contract, and the criterion's own definition."""

import torch
from prunebench_largest_weight import LargestWeight

from prunebench.pruners.specimen import gaussian
from prunebench.pruners.testing import check_pruner


def test_it_keeps_the_contract() -> None:
    """All checks of the test kit."""
    check_pruner(LargestWeight())


def test_it_is_the_largest_weight() -> None:
    """The same, weight by weight."""
    specimen = gaussian(filters=4)
    expected = [max(abs(float(w)) for w in filter_.flatten()) for filter_ in specimen.tensors["weight"]]
    assert torch.equal(specimen.scores(LargestWeight()), torch.tensor(expected))
