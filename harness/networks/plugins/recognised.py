"""The network of a model of ours, told by its class."""

from __future__ import annotations

from torch import nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.cnn14_network import Cnn14Network


def tagger_of(model: nn.Module | Tagger, network: Network | None = None) -> Tagger:
    """A model with its network.

    Raises:
        InputError: for a module of no network of ours, without a network beside it.
    """
    if isinstance(model, Tagger):
        return model
    if network is not None:
        return Tagger(network, model)
    if isinstance(model, Cnn14):
        return Tagger(Cnn14Network(sample_rate=model.sample_rate), model)
    raise InputError(
        f"A model of another class than Cnn14 needs its network. Found a {type(model).__name__}: give "
        '`network=harness.traced(head=("…",), frontend=…)`, or a network from `prunebench list networks`.'
    )
