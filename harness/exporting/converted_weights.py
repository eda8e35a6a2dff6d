"""The weights of a model of any network in another style of file."""

from __future__ import annotations

from pathlib import Path

from prunebench import __version__
from prunebench.harness.networks.file_hash import file_hash
from prunebench.harness.networks.plugins.any_checkpoint import TaggerCheckpoint, save_any_checkpoint
from prunebench.harness.networks.provenance import Provenance


def export_weights(checkpoint: TaggerCheckpoint, source: Path, output: Path, style: str) -> None:
    """Write the weights, with the names of the classes and how the model came to be where the style has room for them.

    Args:
        checkpoint: of the model.
        source: the file it was read from.
        output: file to write.
        style: one of `STYLES`.
    """
    converted = Provenance("converted", __version__, {}, file_hash(source), checkpoint.provenance)
    save_any_checkpoint(
        checkpoint.tagger,
        output,
        style=style,
        class_names=checkpoint.class_names,
        provenance=converted,
    )
