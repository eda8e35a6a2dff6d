"""Which network do tensors belong to, by their names?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.plugins.network_registry import (
    network_class,
    network_names,
    with_parameters,
)
from prunebench.harness.networks.wrapped_state import unwrapped

NARROW = 0.25  # times the channels: the names are those of full width, and it is quickly built
_COUNTER = "num_batches_tracked"  # of batch norms; old files lack it


def likely_network(found: Mapping[Any, Any], origin: str) -> str | None:
    """Name of the first network whose tensors have the names of those in a dictionary, `None` where none has.

    Args:
        found: a state dict or what holds one.
        origin: what it is called.
    """
    for name in network_names():
        try:
            if _is_of(name, found, origin):
                return name
        except InputError:  # a plug-in that does not load or build, or two sets of weights: not this one
            continue
    return None


def _is_of(name: str, found: Mapping[Any, Any], origin: str) -> bool:
    cls = network_class(name)
    network = with_parameters(
        cls, {"width": NARROW} if "width" in {field.name for field in fields(cls)} else {}
    )
    with foreign_code(f"Network `{name}` must build"):
        anchor = anchor_of(network)
        state = unwrapped(found, origin, first=anchor, network=name).state
        return anchor in state and _names(state) == _names(network.build(1, seed=0).state_dict())


def anchor_of(network: Network) -> str:
    """Name of the weight by which a state dict of the network is found: that of the classifier."""
    return f"{network.head[-1]}.weight"


def _names(state: Mapping[str, Any]) -> set[str]:
    return {key for key in state if not str(key).endswith(_COUNTER)}
