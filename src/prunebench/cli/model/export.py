"""`prunebench export`: a model for other runtimes and in other files."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.model.style_option import STYLES
from prunebench.cli.output import print_json, say


@click.command(
    epilog="""
\b
Examples:
  prunebench export pruned.pth --format onnx -o pruned.onnx
  prunebench export pruned.pth --format onnx --frontend outside -o backbone.onnx
  prunebench export pruned.pth --format safetensors -o pruned.safetensors
  prunebench export pruned.pth --format state-dict -o for-epanns.pt
"""
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["onnx", *STYLES]),
    default="onnx",
    show_default=True,
    help="A graph, or the weights in one of the styles of `prunebench prune`.",
)
@click.option(
    "--frontend",
    type=click.Choice(["inside", "outside"]),
    default="inside",
    show_default=True,
    help="Of a graph: inside (waveform in, at the model's sample rate) or outside (log-mel features in).",
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def export(checkpoint: Path, kind: str, frontend: str, output: Path, as_json: bool) -> None:
    """Write CHECKPOINT as a graph that takes any number of clips of any length, or in another style.

    Inputs of a graph: `waveform` (batch, samples) or `log_mel` (batch, frames, 64). Outputs: `logits`,
    `probabilities`, `embedding`. Its metadata hold the class names, where they are known, the sample rate and the
    front end. Clips shorter than 0.31 s are padded with silence, in the graph as in the model.
    """
    told = {"file": str(output)}
    if kind == "onnx":
        told |= {"input": _graph(checkpoint, output, inside=frontend == "inside")}
    else:
        _weights(checkpoint, output, kind)
        told |= {"style": kind}
    size = output.stat().st_size if output.is_file() else None  # a pipe has none
    if as_json:
        print_json({**told, "bytes": size})
    else:
        written = "written" if size is None else f"{size:,} bytes"
        say(f"{output}: {written}, {', '.join(f'{key} `{told[key]}`' for key in told if key != 'file')}.")


def _graph(checkpoint: Path, output: Path, *, inside: bool) -> str:
    """Write the graph; the name of its input."""
    from prunebench.eval.cost.geometry import clip_of
    from prunebench.eval.errors import InputError
    from prunebench.eval.files import whole_file
    from prunebench.eval.runtime.backends import backend
    from prunebench.eval.runtime.onnx_graph import onnx_bytes, with_metadata
    from prunebench.harness.networks.checkpoint import read_checkpoint
    from prunebench.harness.networks.graph_metadata import graph_metadata

    missing = backend("onnxruntime").missing()
    if missing is not None:
        raise InputError(missing.replace("Backend `onnxruntime`", "Exporting to ONNX"))
    found = read_checkpoint(checkpoint)
    clip = clip_of(found.model, 2 * found.model.sample_rate)  # the example that is traced; any length will do
    method, shape = (
        ("forward", (1, clip.samples)) if inside else ("from_log_mel", (1, clip.frames, clip.mels))
    )
    graph = onnx_bytes(found.model, method, shape)
    with whole_file(output) as stream:
        stream.write(with_metadata(graph, graph_metadata(found, inside=inside)))
    return "waveform" if inside else "log_mel"


def _weights(checkpoint: Path, output: Path, style: str) -> None:
    from prunebench import __version__
    from prunebench.harness.networks.checkpoint import read_checkpoint, save_checkpoint
    from prunebench.harness.networks.provenance import Provenance, file_hash

    found = read_checkpoint(checkpoint)
    converted = Provenance("converted", __version__, {}, file_hash(checkpoint), found.provenance)
    save_checkpoint(
        found.model,
        output,
        style=style,
        class_names=found.class_names,
        provenance=converted,
    )
