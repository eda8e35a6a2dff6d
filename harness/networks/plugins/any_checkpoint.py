"""Reading and writing checkpoints of any network; Cnn14's are read and written as before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from prunebench.eval.errors import InputError
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.networks.about import About, about_of
from prunebench.harness.networks.checkpoint import (
    checkpoint_of,
    precision_of,
    save_checkpoint,
    words_of,
    write_checkpoint,
)
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.cnn14_network import Cnn14Network
from prunebench.harness.networks.plugins.likely_network import anchor_of, likely_network
from prunebench.harness.networks.plugins.network_registry import (
    file_networks,
    is_network,
    network_names,
    resolve_network,
    with_parameters,
)
from prunebench.harness.networks.plugins.recognised import tagger_of
from prunebench.harness.networks.provenance import Provenance
from prunebench.harness.networks.weight_files import WeightFile, read_weights
from prunebench.harness.networks.wrapped_state import unwrapped
from prunebench.pruners.label import split_label


@dataclass(frozen=True)
class TaggerCheckpoint:
    """A model with its network and what its file says about it; the fields as `Checkpoint` has them."""

    tagger: Tagger
    class_names: tuple[str, ...] | None = None
    provenance: Provenance | None = None
    precision: str = "float32"
    wrapping: str = ""

    @property
    def n_classes(self) -> int:
        """Number of the model's outputs."""
        return self.tagger.n_classes


def read_any_checkpoint(
    path: Path | str, network: str | None = None, files: Sequence[Path | str] = ()
) -> TaggerCheckpoint:
    """A model of any network from a file, of the widths that its tensors have.

    Args:
        path: of the file.
        network: label of the network; by default the one that an own file names, else the only one of `files`, else
            Cnn14.
        files: Python files that define networks.

    Raises:
        InputError: as `read_checkpoint` and `resolve_network`, for a file that names another network, or tensors of
            another one, with the network that they look like.
    """
    file, origin = Path(path), f"`{path}`"
    given = None if network is None else resolve_network(network, files)
    own = file_networks(files)
    weights = read_weights(file)
    said = about_of(weights.about, origin) if weights.about and weights.about.get("network") else None
    if said is not None:
        found: Network = _said_network(said, given, files, origin)
    elif given is not None:
        found = given
    elif weights.about is not None:  # an own file of a Cnn14
        found = Cnn14Network()
    elif len(own) > 1:
        raise InputError(
            f"The network files define {', '.join(map('`{}`'.format, own))}: name one with `--network`."
        )
    else:
        found = with_parameters(next(iter(own.values())), {}) if own else Cnn14Network()
    if isinstance(found, Cnn14Network):
        return _cnn14(file, weights, found)
    state, wrapping = unwrapped(weights.state, origin, first=anchor_of(found), network=found.label)
    tagger = Tagger(found, _loaded(found, state, weights, origin))
    read = TaggerCheckpoint(tagger, precision=precision_of(state), wrapping=wrapping)
    if said is None:
        with foreign_code(f"Network `{found.label}` must check a file that does not name its network"):
            found.check_unlabelled(tagger.model)
        return read
    names, provenance = words_of(said, widths_of(tagger), tagger.n_classes, origin)
    return replace(read, class_names=names, provenance=provenance)


def _said_network(said: About, given: Network | None, files: Sequence[Path | str], origin: str) -> Network:
    """The network that an own file names."""
    label = str(said.network)
    try:
        name, _ = split_label(label)
    except ValueError:
        name = label
    if not is_network(name, files):
        raise InputError(
            f"{origin} belongs to the network `{label:.60}`, which is not installed: install it, or give the Python "
            "file that defines it with `--network-file`."
        )
    found = resolve_network(label, files)
    if given is not None and given != found:
        raise InputError(
            f"{origin} states that it belongs to the network `{found.label}`. Found `--network {given.label}`: "
            "leave it out."
        )
    return found


def _cnn14(file: Path, weights: WeightFile, network: Cnn14Network) -> TaggerCheckpoint:
    try:
        read = checkpoint_of(file, weights)
    except InputError as error:
        like = likely_network(weights.state, f"`{file}`")
        if like in (None, network.name):
            raise
        raise _of_another(network, like, f"`{file}`") from error
    if network.sample_rate not in (Cnn14Network.sample_rate, read.model.sample_rate):
        raise InputError(
            f"`{file}` is of a Cnn14 at {read.model.sample_rate} Hz. Found `--network {network.label}`: name the "
            "network as `cnn14`; the rate is read from the tensors."
        )
    tagger = tagger_of(read.model)
    return TaggerCheckpoint(tagger, read.class_names, read.provenance, read.precision, read.wrapping)


def _loaded(network: Network, state: Mapping[str, Any], weights: WeightFile, origin: str) -> torch.nn.Module:
    try:
        with foreign_code(f"Network `{network.label}` must read a checkpoint of its own"):
            model = network.load(state)
            if not isinstance(model, torch.nn.Module):
                raise TypeError(f"`load` gave a {type(model).__name__}, which is not a module")
            return model
    except InputError as error:
        like = likely_network(weights.state, origin)
        if like in (None, network.name):
            raise
        raise _of_another(network, like, origin) from error


def _of_another(network: Network, like: str | None, origin: str) -> InputError:
    own = "" if network.name in network_names() else f"a checkpoint of `{network.label}`, or for this one "
    return InputError(
        f"A checkpoint must be of the network `{network.label}`. {origin} has the tensors of `{like}`: give {own}"
        f"`--network {like}`."
    )


def widths_of(tagger: Tagger) -> list[int] | dict[str, int]:
    """Filters of C1 … C12 of a Cnn14, or of each group of another network by name."""
    if isinstance(tagger.model, Cnn14):
        return list(tagger.model.widths)
    with foreign_code(f"Network `{tagger.network.label}` must name its groups"):
        return {group.name: group.filters for group in tagger.groups}


def save_any_checkpoint(
    tagger: Tagger,
    path: Path | str,
    *,
    style: str = "state-dict",
    class_names: Sequence[str] | None = None,
    provenance: Provenance | None = None,
) -> None:
    """A model of any network in a file that is whole or absent; the own styles name the network.

    Args:
        tagger: to save.
        path, style, class_names, provenance: as `save_checkpoint` takes them.

    Raises:
        InputError: as `save_checkpoint`.
    """
    if isinstance(tagger.model, Cnn14):
        save_checkpoint(tagger.model, path, style=style, class_names=class_names, provenance=provenance)
        return
    about = {
        "network": tagger.network.label,
        "widths": widths_of(tagger),
        "n_classes": tagger.n_classes,
    }
    write_checkpoint(tagger.model, path, style, about, class_names, provenance)
