"""`prunebench measure`: what one model costs, and through which backends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prunebench.cli.measured import print_measured
from prunebench.cli.output import print_json

if TYPE_CHECKING:
    from prunebench.harness.model import Cnn14

CLIP = 320_000  # samples of the 10 s clip


@click.command(
    epilog="""
\b
Examples:
  prunebench measure pruned.pth --json
  prunebench measure pruned.pth --counters all
  prunebench measure pruned.pth --storage --memory
  prunebench measure pruned.pth --against Cnn14.pth --latency --backends eager,onnxruntime --batch 1
  prunebench measure base.pt --backends onnxruntime-int8 --data esc10 --set root=ESC-10 --set mix=3
"""
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--against", type=click.Path(path_type=Path), help="Checkpoint that latency is compared to.")
@click.option(
    "--counters", type=click.Choice(["all"]), help="MACs and parameters per layer by four counters."
)
@click.option("--storage", is_flag=True, help="Bytes of the file as written, in half precision, compressed.")
@click.option("--memory", is_flag=True, help="Measured peak memory of a forward pass, in a fresh process.")
@click.option("--latency", is_flag=True, help="Latency of a 10 s clip, log-mel in, interleaved.")
@click.option("--energy", is_flag=True, help="Joules of a 10 s clip, where the machine lets them be read.")
@click.option("--backends", default="eager", show_default=True, help="Names, separated by commas.")
@click.option("--batch", default=1, show_default=True, type=click.IntRange(1), help="Clips a pass.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="Of every backend.")
@click.option("--budget", default=30.0, show_default=True, help="Seconds for latency rounds.")
@click.option("--precision", default=0.02, show_default=True, help="Of the latency ratio, relative, at 95 %.")
@click.option("--data", help="Data set whose test clips the backends' mAP is taken on.")
@click.option("--set", "options", multiple=True, metavar="KEY=VALUE", help="Option of the data set.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def measure(
    checkpoint: Path,
    against: Path | None,
    counters: str | None,
    storage: bool,
    memory: bool,
    latency: bool,
    energy: bool,
    backends: str,
    batch: int,
    threads: int,
    budget: float,
    precision: float,
    data: str | None,
    options: tuple[str, ...],
    as_json: bool,
) -> None:
    """Parameters, bytes and MACs of CHECKPOINT on one 10 s clip, and what else is asked for.

    MACs are given twice: backbone (log-mel in) and with_frontend (waveform in, the STFT counted as a convolution).
    """
    from prunebench.eval.backends import backend
    from prunebench.harness.checkpoint import load_checkpoint
    from prunebench.harness.measures import exact_measures

    names = [name.strip() for name in backends.split(",") if name.strip()]
    for name in names:
        backend(name)  # an unknown one ends here
    model = load_checkpoint(checkpoint)
    figures, failed = exact_measures(model)
    found: dict[str, Any] = {"widths": list(model.widths), **figures}
    if failed:
        found["unmeasured"] = failed
    if counters:
        found["counters"] = _counters(model)
    if storage:
        found["storage"] = _storage(model)
    if memory:
        found["memory"] = _memory(checkpoint, model, threads)
    if latency:
        found["latency"] = _latency(checkpoint, against, names, batch, threads, budget, precision)
    if energy:
        found["energy"] = _energy(checkpoint, threads)
    if data:
        found["quality"] = _quality(model, names, data, options, threads)
    if as_json:
        print_json(found)
    else:
        print_measured(found)


def _counters(model: Cnn14) -> dict[str, Any]:
    from prunebench.eval.complexity import panns_flops
    from prunebench.eval.layer_counts import CONVENTIONS, layer_counts

    counts = layer_counts(model)
    layers = {
        row: {name: by_row[row]._asdict() for name, by_row in counts.items()} for row in counts["closed form"]
    }
    front = ("stft", "mel")
    totals = {
        name: {
            "macs_backbone": sum(count.macs for row, count in by_row.items() if row not in front),
            "macs_with_frontend": sum(count.macs for count in by_row.values()),
            "parameters": sum(count.parameters for count in by_row.values()),
        }
        for name, by_row in counts.items()
    }
    return {
        "convention": dict(CONVENTIONS),
        "layers": layers,
        "totals": totals,
        "panns_flops": panns_flops(model.widths, model.n_classes, model.embedding),
    }


def _storage(model: Cnn14) -> dict[str, int]:
    from prunebench.eval.complexity import parameter_bytes
    from prunebench.eval.storage import compressed_file_bytes, file_bytes

    return {
        "parameter_bytes": parameter_bytes(model),
        "file_bytes": file_bytes(model),
        "file_bytes_compressed": compressed_file_bytes(model),
        "file_bytes_fp16": file_bytes(model, half=True),
        "file_bytes_fp16_compressed": compressed_file_bytes(model, half=True),
    }


def _memory(checkpoint: Path, model: Cnn14, threads: int) -> dict[str, Any]:
    from prunebench.eval.memory import activation_peak_bytes, cuda_peak_memory, peak_memory
    from prunebench.harness.checkpoint import load_checkpoint

    path = {"path": str(checkpoint.resolve())}
    return {
        "activation_peak_bytes_fp16": activation_peak_bytes(model.widths, CLIP),
        "activation_peak_bytes_fp32": activation_peak_bytes(model.widths, CLIP, 4),
        "peak_memory_bytes": peak_memory(load_checkpoint, path, threads=threads),
        "peak_memory_bytes_cuda": cuda_peak_memory(load_checkpoint, path),
    }


def _latency(
    checkpoint: Path,
    against: Path | None,
    names: list[str],
    batch: int,
    threads: int,
    budget: float,
    precision: float,
) -> dict[str, Any]:
    from dataclasses import asdict

    from prunebench.eval.backend_latency import Latency, compare_backends
    from prunebench.eval.complexity import count_macs
    from prunebench.eval.latency import Effort
    from prunebench.harness.checkpoint import load_checkpoint
    from prunebench.harness.frontend import MELS, frames

    files = {"model": checkpoint} | ({"against": against} if against else {})
    ratio = 1.0
    if against:
        macs = [count_macs(load_checkpoint(file)).backbone for file in (checkpoint, against)]
        ratio = macs[0] / macs[1]
    found = compare_backends(
        load_checkpoint,
        {label: {"path": str(file.resolve())} for label, file in files.items()},
        "against" if against else "model",
        names,
        input_shape=(batch, frames(CLIP), MELS),
        threads=threads,
        effort=Effort(precision=precision, budget_seconds=budget),
    )
    result: dict[str, Any] = {"batch": batch, "threads": threads, "macs_ratio": ratio, "backends": {}}
    for name, timed in found["model"].items():
        if not isinstance(timed, Latency):
            result["backends"][name] = {"failed": timed}
            continue
        told: dict[str, Any] = asdict(timed)
        if against:
            reference = found["against"][name]
            assert isinstance(reference, Latency)
            told |= {
                "against_median_ms": reference.median_ms,
                "speed_up": 1 / timed.ratio,
                "speed_up_over_macs_ratio": ratio / timed.ratio,
            }
        if timed.precision > precision:
            told["warning"] = (
                f"The ratio must be known to {precision:.1%}. Found {timed.precision:.1%} after {timed.rounds} "
                "rounds: give a larger --budget or a quieter machine."
            )
        result["backends"][name] = told
    return result


def _energy(checkpoint: Path, threads: int) -> dict[str, Any]:
    from prunebench.eval.energy import energy_missing, forward_energy
    from prunebench.harness.checkpoint import load_checkpoint

    missing = energy_missing()
    if missing is not None:
        return {"failed": missing}
    return {
        "energy_joules": forward_energy(load_checkpoint, {"path": str(checkpoint.resolve())}, threads=threads)
    }


def _quality(
    model: Cnn14, names: list[str], data: str, options: tuple[str, ...], threads: int
) -> dict[str, Any]:
    from prunebench.eval.errors import InputError
    from prunebench.harness.backend_quality import backend_quality
    from prunebench.harness.cache import Cache, default_cache
    from prunebench.harness.data import DataOptions
    from prunebench.harness.overrides import set_key
    from prunebench.harness.splits import opened, store_features

    table: dict[str, Any] = {"name": data}
    for option in options:
        set_key(table, option.removeprefix("data."))
    try:
        chosen = DataOptions(**table)
    except TypeError as error:
        raise InputError(f"--set takes options of the data set. Found: {error}.") from error
    classes = len(opened(chosen).class_names)
    if classes != model.n_classes:
        raise InputError(
            f"Model and data set must have the same classes. Found {model.n_classes} outputs and {classes} classes "
            f"of `{data}`."
        )
    cache = Cache(default_cache())
    for split in ("training", "test"):
        store_features(chosen, split, cache)
    return {
        name: {"failed": value} if isinstance(value, str) else dict(value)
        for name, value in backend_quality(model, names, chosen, cache, threads=threads).items()
    }
