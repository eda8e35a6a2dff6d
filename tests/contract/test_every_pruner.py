"""The contract over every registered pruner."""

from __future__ import annotations

import pytest

from prunebench import pruners
from prunebench.pruners.testing import CHECKS, Check, run_check

# (pruner, check) → why it cannot hold. An exemption that has become needless fails, so the list only shrinks.
EXEMPTIONS: dict[tuple[str, str], str] = {}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", pruners.names())
def test_pruner_keeps_the_contract(name: str, check: Check) -> None:
    pruner = pruners.get(name)
    if (name, check.__name__) not in EXEMPTIONS:
        run_check(check, pruner)
        return
    try:
        run_check(check, pruner)
    except AssertionError:
        return
    pytest.fail(f"Pruner `{name}` now passes {check.__name__}: take it off the list of exemptions.")


def test_exemptions_name_what_exists_and_why() -> None:
    for (name, check), reason in EXEMPTIONS.items():
        assert name in pruners.names()
        assert check in {check.__name__ for check in CHECKS}
        assert reason
