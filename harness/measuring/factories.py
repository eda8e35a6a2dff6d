"""Makers of models that a measuring process calls by their names: from a file, or of a shape in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import nn

from prunebench.harness.networks.contract.measurable import measurable_of
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint
from prunebench.harness.networks.plugins.model_shapes import cut_to
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
        InputError: as `cut_to`.
    """
    known = resolve_network(network, files)
    whole = Tagger(known, known.build(n_classes, seed=0))
    return measurable_of(cut_to(whole, widths) if widths else whole)
