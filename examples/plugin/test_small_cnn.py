"""What the author of a network tests: the contract."""

from prunebench_small_cnn import SmallCnn

from prunebench.harness.testing import check_network


def test_it_keeps_the_contract() -> None:
    """All checks of the test kit, at a small width."""
    check_network(SmallCnn(width=4))
