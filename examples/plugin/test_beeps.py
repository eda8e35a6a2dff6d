"""What the author of a data set tests: the contract."""

from prunebench_beeps import Beeps

from prunebench.harness.testing import check_dataset


def test_it_keeps_the_contract() -> None:
    """All checks of the test kit, on few clips."""
    check_dataset(Beeps(clips=12))
