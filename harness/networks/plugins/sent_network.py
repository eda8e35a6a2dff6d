"""Values with a network of a file that the user named, on their way to another process."""

from __future__ import annotations

import pickle
import sys
from typing import Any

from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.plugins.network_registry import NETWORKS, content_hash
from prunebench.harness.networks.plugins.plugin_code import load_plugin_file


class Sent:
    """A value that can be pickled for a process in which the file of a network was not run yet: it is run there first.

    Args:
        value: whatever holds the network, or a class of its file.
        network: of the value.
    """

    def __init__(self, value: Any, network: Network) -> None:
        self.value = value
        own = content_hash(network) is not None
        self._file = sys.modules[type(network).__module__].__file__ if own else None

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (self._file, pickle.dumps(self.value))


def _received(file: str | None, pickled: bytes) -> Any:
    if file is not None:
        load_plugin_file(file, NETWORKS)
    return pickle.loads(pickled)
