"""The network of a model of ours, told by its class."""

from __future__ import annotations

from torch import nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.efficientat.mobilenet_v3 import MobileNetV3
from prunebench.harness.networks.panns.panns_tagger import PannsTagger
from prunebench.harness.networks.plugins.cnn14_network import Cnn14Network
from prunebench.harness.networks.plugins.mn_network import MnNetwork
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.networks.plugins.panns_networks import PANNS_NETWORKS


def is_recognised(model: nn.Module) -> bool:
    """Whether a module's class says its network."""
    return isinstance(model, Cnn14 | MobileNetV3) or any(
        isinstance(model, PannsTagger) and type(model) is ours.architecture for ours in PANNS_NETWORKS
    )


def tagger_of(model: nn.Module | Tagger, network: Network | str | None = None) -> Tagger:
    """A model with its network.

    Args:
        model: a module, or a tagger, which is given back.
        network: of the module, or its label; a module of the suite needs none.

    Raises:
        InputError: for what is no module or no network, or a module of no network of ours without a network beside it.
    """
    if isinstance(model, Tagger):
        return model
    if not isinstance(model, nn.Module):
        raise InputError(
            f"A model must be an `nn.Module`. Found {type(model).__name__}: read a file with "
            "`prunebench.harness.load_checkpoint`."
        )
    if network is not None:
        known = resolve_network(network) if isinstance(network, str) else network
        if not isinstance(known, Network):
            raise InputError(
                f'`network` must be a name, such as "cnn6", or what `harness.resolve_network("cnn6")` returns. Found '
                f"{known.__name__ if isinstance(known, type) else type(known).__name__}."
            )
        return Tagger(known, model)
    if isinstance(model, Cnn14):
        return Tagger(Cnn14Network(sample_rate=model.sample_rate), model)
    if isinstance(model, MobileNetV3):
        return Tagger(MnNetwork(model.width), model)
    for ours in PANNS_NETWORKS:
        if (
            isinstance(model, PannsTagger) and type(model) is ours.architecture
        ):  # a Cnn10 is a Cnn6 to isinstance
            return Tagger(ours(model.width), model)
    raise InputError(
        f"`{type(model).__name__}` is not a class of prunebench, so its network must be named: use "
        '`network=harness.traced(head=("…",), frontend=…)`, or a network from `prunebench list networks`.'
    )
