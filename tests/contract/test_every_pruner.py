"""The contract over every registered pruner, and over torch-pruning's importances."""

from __future__ import annotations

import pytest

from prunebench.baselines.peers.peer_registry import PEERS
from prunebench.pruners import BUILTIN
from prunebench.pruners.testing import CHECKS, Check, run_check

PRUNERS = {**BUILTIN, **PEERS}
DIVIDES = "torch-pruning 1.6.1 divides by the mean over the filters, which is 0 where all "

# (pruner, check) → why it cannot hold. An exemption that has become needless fails, and so does one more.
EXEMPTIONS: dict[tuple[str, str], str] = {
    ("tp:magnitude", "check_zero_layer"): DIVIDES + "weights of a group are",
    ("tp:fpgm", "check_zero_layer"): DIVIDES + "distances are",
    ("tp:fpgm", "check_one_filter"): DIVIDES + "distances are, as that of one filter to itself",
    ("tp:fpgm", "check_twins"): DIVIDES + "distances are, as among twins alone",
    (
        "tp:lamp",
        "check_zero_layer",
    ): "torch-pruning 1.6.1 divides by the sum of all as large, 0 where all are",
    ("tp:bn_scale", "check_zero_layer"): DIVIDES + "scales are",
    ("tp:taylor", "check_zero_layer"): DIVIDES + "gradients are",
    ("tp:hessian", "check_zero_layer"): DIVIDES + "gradients are",
    ("tp:obdc", "check_zero_layer"): DIVIDES + "weights are",
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", PRUNERS)
def test_pruner_keeps_the_contract(name: str, check: Check) -> None:
    pruner = PRUNERS[name]()
    if (name, check.__name__) not in EXEMPTIONS:
        run_check(check, pruner)
        return
    try:
        run_check(check, pruner)
    except AssertionError:
        return
    pytest.fail(f"Pruner `{name}` now passes {check.__name__}: take it off the list of exemptions.")


def test_exemptions_name_what_exists_and_why() -> None:
    assert len(EXEMPTIONS) <= 9
    assert not {name for name, _ in EXEMPTIONS} & set(BUILTIN)
    for (name, check), reason in EXEMPTIONS.items():
        assert name in PRUNERS
        assert check in {check.__name__ for check in CHECKS}
        assert reason
