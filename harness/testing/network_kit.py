"""The checks of a network, one after the other.

Call `check_network` from the test suite of a plug-in, in the manner of scikit-learn's `check_estimator`; it needs no
data.
"""

from __future__ import annotations

from collections.abc import Callable

from prunebench.harness.networks.contract.network import Network
from prunebench.harness.testing.check_building import check_building, check_declaration, check_frontend
from prunebench.harness.testing.check_files import check_pruned_widths, check_state_dict
from prunebench.harness.testing.check_graph import check_macs, check_onnx
from prunebench.harness.testing.check_outputs import check_outputs, check_untouched
from prunebench.harness.testing.check_surgery import check_groups, check_removal
from prunebench.harness.testing.check_tail import check_tail
from prunebench.harness.testing.network_under_test import NetworkUnderTest
from prunebench.pruners.testing import run_named

NetworkCheck = Callable[[NetworkUnderTest], None]

CHECKS: tuple[NetworkCheck, ...] = (
    check_declaration,
    check_frontend,
    check_building,
    check_outputs,
    check_untouched,
    check_groups,
    check_removal,
    check_tail,
    check_macs,
    check_state_dict,
    check_pruned_widths,
    check_onnx,
)


def check_network(network: Network) -> None:
    """Run all checks.

    Args:
        network: as small as its parameters make it, `MyNetwork(width=0.125)`: every check runs it on the CPU.

    Raises:
        AssertionError: at the first check that fails, naming it and what to do.
    """
    if isinstance(network, type):
        raise AssertionError(f"Give `check_network` a value: `{network.__name__}()`. Found the class itself.")
    subject = NetworkUnderTest(network)
    for check in CHECKS:
        run_network_check(check, subject)


def run_network_check(check: NetworkCheck, subject: NetworkUnderTest) -> None:
    """Run one check of `CHECKS`.

    Raises:
        AssertionError: naming the check and what to do; also for any exception the network raised.
    """
    name = getattr(subject.network, "label", type(subject.network).__name__)
    run_named(check, subject, f"network `{name}`")
