"""`prunebench export`: a model for other runtimes."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.output import print_json


@click.command(
    epilog="""
\b
Examples:
  prunebench export pruned.pth --format onnx -o pruned.onnx
  prunebench export pruned.pth --format onnx --frontend outside -o backbone.onnx
"""
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--format", "kind", type=click.Choice(["onnx"]), default="onnx", show_default=True)
@click.option(
    "--frontend",
    type=click.Choice(["inside", "outside"]),
    default="inside",
    show_default=True,
    help="Inside the graph (waveform in, 32 kHz) or outside (log-mel features in).",
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def export(checkpoint: Path, kind: str, frontend: str, output: Path, as_json: bool) -> None:
    """Write CHECKPOINT as a graph that takes any number of clips of any length.

    Inputs: `waveform` (batch, samples) or `log_mel` (batch, frames, 64). Outputs: `logits`, `probabilities`,
    `embedding`.
    """
    from prunebench.eval.backends import backend
    from prunebench.eval.errors import InputError
    from prunebench.eval.files import whole_file
    from prunebench.eval.onnx_graph import onnx_bytes
    from prunebench.harness.checkpoint import load_checkpoint

    missing = backend("onnxruntime").missing()
    if missing is not None:
        raise InputError(missing.replace("Backend `onnxruntime`", "Exporting to ONNX"))
    model = load_checkpoint(checkpoint)
    inside = frontend == "inside"
    method, shape = ("forward", (1, 64_000)) if inside else ("from_log_mel", (1, 201, 64))
    with whole_file(output) as stream:
        stream.write(onnx_bytes(model, method, shape))
    told = {"file": str(output), "bytes": output.stat().st_size, "input": "waveform" if inside else "log_mel"}
    if as_json:
        print_json(told)
    else:
        click.echo(f"{output}: {told['bytes']:,} bytes, input `{told['input']}`.")
