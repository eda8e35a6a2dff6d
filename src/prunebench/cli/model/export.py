"""`prunebench export`: a model for other runtimes and in other files."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.choice import Choice
from prunebench.cli.json_option import json_option
from prunebench.cli.model.network_options import network_file_option, network_option
from prunebench.cli.model.style_option import STYLES
from prunebench.cli.output import say
from prunebench.cli.output_file import check_output
from prunebench.cli.printed.printing import print_json


@click.command(
    epilog="""
\b
Examples:
  prunebench export pruned.pth --format onnx -o pruned.onnx
  prunebench export pruned.pth --format onnx --frontend outside -o backbone.onnx
  prunebench export pruned.pth --format safetensors -o pruned.safetensors
  prunebench export pruned.pth --format state-dict -o for-epanns.pt
  prunebench export mn04_as_mAP_432.pt --network "mn[width=0.4]" -o mn04.onnx
"""
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "kind",
    type=Choice(["onnx", *STYLES]),
    default="onnx",
    show_default=True,
    help="onnx for a graph, or one of the styles of `prunebench prune` for the weights.",
)
@click.option(
    "--frontend",
    type=Choice(["inside", "outside"]),
    default="inside",
    show_default=True,
    help="Front end of a graph: inside (takes waveforms) or outside (takes log-mel features).",
)
@network_option
@network_file_option
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write.")
@json_option("export", what="Print what was written as JSON.")
def export(
    checkpoint: Path,
    kind: str,
    frontend: str,
    output: Path,
    network: str | None,
    network_files: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Write CHECKPOINT as a graph that takes any number of clips of any length, or its weights in another
    style.

    The input of a graph is `waveform` (batch, samples) or `log_mel` (batch, frames, mels). The outputs are `logits`
    and `probabilities`, and for a Cnn14 also `embedding`. The metadata contain the class names, if they are known,
    the sample rate and the front end. The graph and the model pad clips that are too short for the network with
    silence.
    """
    from prunebench.harness.exporting.converted_weights import export_weights
    from prunebench.harness.exporting.onnx_file import export_graph
    from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint

    check_output(output, checkpoint, *network_files)
    told = {"file": str(output)}
    found = read_any_checkpoint(checkpoint, network, network_files)
    if kind == "onnx":
        told |= {"input": export_graph(found, output, inside=frontend == "inside")}
    else:
        export_weights(found, checkpoint, output, kind)
        told |= {"style": kind}
    size = output.stat().st_size if output.is_file() else None  # a pipe has none
    if as_json:
        print_json({**told, "bytes": size}, "export")
    else:
        written = "written" if size is None else f"{size:,} bytes"
        say(f"{output}: {written}, {', '.join(f'{key} `{told[key]}`' for key in told if key != 'file')}.")
