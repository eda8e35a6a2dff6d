"""Makers of models that a measuring process calls by their names: from a file, or of a shape in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import nn

from prunebench.eval.errors import InputError
from prunebench.harness.networks.contract.measurable import measurable_of
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.cutting import cut
from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint
from prunebench.harness.networks.plugins.network_registry import resolve_network


def load_measurable(
    path: Path | str, network: str | None = None, files: Sequence[Path | str] = ()
) -> nn.Module:
    """What is measured of a checkpoint of any network.

    Args:
        path, network, files: as `read_any_checkpoint` takes them.
    """
    return measurable_of(read_any_checkpoint(path, network, files).tagger)


def made_shape(
    network: str, files: Sequence[Path | str], n_classes: int, widths: Mapping[str, int]
) -> nn.Module:
    """What is measured of a new model of a shape: the last filters of each group are cut off one of full width.

    Args:
        network: label.
        files: Python files that define networks.
        n_classes: outputs.
        widths: group → filters that stay; groups that are not named stay whole.

    Raises:
        InputError: for a group that the network has not, or more filters than it has.
    """
    known = resolve_network(network, files)
    whole = Tagger(known, known.build(n_classes, seed=0))
    removed = {}
    for group in whole.chosen(tuple(widths)) if widths else ():  # finding groups takes long
        stay = widths[group.name]
        if not 1 <= stay <= group.filters:
            raise InputError(
                f"A shape of {known.label} must keep 1 to {group.filters} filters of `{group.name}`. Found {stay}."
            )
        if stay < group.filters:
            removed[group.name] = range(stay, group.filters)
    smaller = cut(whole.model, whole.groups, removed) if removed else whole.model
    return measurable_of(Tagger(known, smaller))
