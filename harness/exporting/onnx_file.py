"""A model of any network as an ONNX graph in a file."""

from __future__ import annotations

from pathlib import Path

from prunebench.eval.cost.geometry import clip_of
from prunebench.eval.errors import InputError
from prunebench.eval.files import whole_file
from prunebench.eval.runtime.backends import backend
from prunebench.eval.runtime.onnx_graph import onnx_bytes, with_metadata
from prunebench.eval.text.foreign_code import foreign_code
from prunebench.harness.exporting.graph_metadata import graph_metadata
from prunebench.harness.networks.contract.measurable import check_scores, measurable_of
from prunebench.harness.networks.contract.waveforms import Waveforms
from prunebench.harness.networks.plugins.any_checkpoint import TaggerCheckpoint

SECONDS = 2  # of the example that is traced; a graph takes any length


def export_graph(checkpoint: TaggerCheckpoint, output: Path, *, inside: bool) -> str:
    """Write the graph, whole or not at all, with its metadata.

    Args:
        checkpoint: of the model.
        output: file to write.
        inside: whether the graph holds the front end and takes waveforms; else it takes features.

    Returns:
        Name of the input: `"waveform"`, (clips, samples), or `"log_mel"`, (clips, frames, mels).

    Raises:
        InputError: without `onnx`, for features of a network that reads waveforms, or a network that cannot be traced.
    """
    missing = backend("onnxruntime").missing()
    if missing is not None:
        raise InputError(missing.replace("Backend `onnxruntime`", "Exporting to ONNX"))
    network, model = checkpoint.tagger.network, measurable_of(checkpoint.tagger)
    front = network.frontend
    check_scores(checkpoint.tagger)
    if not inside and isinstance(front, Waveforms):
        raise InputError(
            f"`{network.label}` reads waveforms, so its graph has no separate front end: give `--frontend inside`."
        )
    clip = clip_of(model, SECONDS * front.sample_rate)
    method, shape = (
        ("forward", (1, clip.samples)) if inside else ("from_log_mel", (1, clip.frames, clip.mels))
    )
    with foreign_code(f"Network `{network.label}` must become an ONNX graph"):
        graph = onnx_bytes(model, method, shape)
    with whole_file(output) as stream:
        stream.write(with_metadata(graph, graph_metadata(checkpoint, inside=inside)))
    return "waveform" if inside else "log_mel"
