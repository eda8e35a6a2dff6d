"""Does a class declare itself as a network must?"""

from __future__ import annotations

from prunebench.harness.networks.contract.network import Network
from prunebench.pruners.declaration import class_problem


def declaration_problem(cls: object) -> str | None:
    """What the class of a network must have and has not, as a sentence; `None` where nothing is amiss."""
    return class_problem(cls, Network, "prunebench.harness.networks.contract")
