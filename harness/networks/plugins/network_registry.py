"""Networks by label: built in, installed (entry points of `prunebench.networks`), or from a file."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from prunebench.eval.errors import InputError, nearest
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.network_declaration import declaration_problem
from prunebench.harness.networks.plugins.plugin_code import Kind, content_of, plugin_classes
from prunebench.pruners.entry_points import home_of, installed_names, load_entry
from prunebench.pruners.label import split_label
from prunebench.pruners.parameters import made

GROUP = "prunebench.networks"
NETWORKS = Kind("network", Network, "build", declaration_problem)  # type: ignore[type-abstract]
TIMM = "timm:"
_HERE = "prunebench.harness.networks.plugins"
BUILTIN = {  # loaded when it is asked for
    "cnn14": f"{_HERE}.cnn14_network:Cnn14Network",
    "cnn6": f"{_HERE}.panns_networks:Cnn6Network",
    "cnn10": f"{_HERE}.panns_networks:Cnn10Network",
    "resnet22": f"{_HERE}.panns_networks:ResNet22Network",
    "resnet38": f"{_HERE}.panns_networks:ResNet38Network",
    "mobilenet_v1": f"{_HERE}.panns_networks:MobileNetV1Network",
    "mobilenet_v2": f"{_HERE}.panns_networks:MobileNetV2Network",
    "wavegram_logmel_cnn14": f"{_HERE}.panns_networks:WavegramLogmelCnn14Network",
    "cnn14_decision_level_max": f"{_HERE}.panns_networks:Cnn14DecisionLevelMaxNetwork",
    "mn": f"{_HERE}.mn_network:MnNetwork",
}


def network_names() -> list[str]:
    """Names of all networks, built in and installed; nothing is loaded."""
    return [*BUILTIN, *(name for name in installed_names(GROUP) if name not in BUILTIN)]


def is_network(name: str, files: Sequence[Path | str] = ()) -> bool:
    """Whether there may be a network of that name; whether timm has it is not asked."""
    built_in = name.startswith(TIMM) or name in BUILTIN
    return built_in or name in network_names() or name in file_networks(files)


def claimed_names() -> dict[str, str]:
    """Installed networks that are not used because they have the name of a built-in one: name → the reason."""
    return {
        entry.name: f"Network `{entry.name}` of distribution `{home_of(entry)}` has the name of a built-in network."
        for entry in entry_points(group=GROUP)
        if entry.name in BUILTIN
    }


def resolve_network(label: str, files: Sequence[Path | str] = ()) -> Network:
    """The network that a label names.

    Args:
        label: `NAME` or `NAME[parameter=value,…]` of a network that is built in, installed or in one of the files;
            `timm:NAME` for an architecture of timm.
        files: Python files that define networks.

    Raises:
        InputError: for a label that names none, with the nearest names, or a network that cannot be loaded.
    """
    try:
        name, parameters = split_label(label, "network")
    except ValueError as error:
        raise InputError(str(error)) from error
    own = file_networks(files)
    if name in own:
        return with_parameters(own[name], parameters)
    if name.startswith(TIMM):
        return timm_network(name, parameters)
    if name not in BUILTIN and name not in network_names():  # the names of plug-ins are read off the disk
        raise InputError(
            f"Unknown network `{name}`; {nearest(name, [*network_names(), f'{TIMM}NAME', *own])}"
        )
    return with_parameters(network_class(name), parameters)


def timm_network(name: str, parameters: Mapping[str, object]) -> Network:
    """The network of an architecture of timm.

    Args:
        name: `"timm:NAME"`.
        parameters: of its class, without the name.

    Raises:
        InputError: where timm is not installed or has no such architecture, for one whose filters cannot be removed, or
            for an unknown parameter.
    """
    from prunebench.harness.networks.plugins.timm_models import architecture
    from prunebench.harness.networks.plugins.timm_network import TimmNetwork
    from prunebench.harness.networks.plugins.timm_transformer import TimmTransformer

    if "name" in parameters:
        raise InputError(
            f"A network of timm must have a single name. Found `{name}` and `{parameters['name']}`."
        )
    convolutional = architecture(name.removeprefix(TIMM)).patch is None
    cls = TimmNetwork if convolutional else TimmTransformer
    return with_parameters(cls, {"name": name, **parameters})


def network_class(name: str) -> type[Network]:
    """The class of a network that is built in or installed.

    Raises:
        InputError: for a name that two distributions claim, or a class that fails to load or does not meet the
            contract.
    """
    if name in BUILTIN:
        module, _, cls_name = BUILTIN[name].partition(":")
        own: type[Network] = getattr(importlib.import_module(module), cls_name)
        return own
    try:
        found: type[Network] = load_entry(GROUP, name, "network", declaration_problem)
    except ValueError as error:
        raise InputError(str(error)) from error
    return found


def file_networks(files: Sequence[Path | str]) -> dict[str, type[Network]]:
    """The networks of some files, by name.

    Raises:
        InputError: for a file that cannot be used, or a name that is taken.
    """
    return plugin_classes(files, NETWORKS, network_names)


def content_hash(network: Network) -> str | None:
    """Hash of the file that a network is from, `None` where its `version` says it all."""
    return content_of(type(network), NETWORKS)


def with_parameters(cls: type[Network], parameters: Mapping[str, object]) -> Network:
    """The network of a class.

    Raises:
        InputError: for an unknown or missing parameter, or a value that the class refuses.
    """
    try:
        network = made(cls, parameters, "network")
    except ValueError as error:
        raise InputError(str(error)) from error
    return _declared(network)


def _declared(network: Network) -> Network:
    """The network, whose label and head can be read."""
    with foreign_code(f"Network `{network.name}` must have a label and a head"):
        label, head = network.label, network.head
        hash(network)
        if not isinstance(label, str):
            raise TypeError(f"its label is of type {type(label).__name__}")
    if not (isinstance(head, tuple) and head and all(isinstance(name, str) for name in head)):
        raise InputError(
            f'The head of network `{network.name}` must be a tuple of names of modules, as `("classes",)`. Found '
            f"{head!r:.60}: correct its property `head`."
        )
    return network
