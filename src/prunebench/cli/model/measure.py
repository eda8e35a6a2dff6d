"""`prunebench measure`: what one model costs, and through which backends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prunebench.cli.choice import Choice
from prunebench.cli.completing import offered
from prunebench.cli.json_option import json_option
from prunebench.cli.model.measure_tables import print_measured
from prunebench.cli.model.network_options import network_file_option, network_of
from prunebench.cli.plugin_files import plugin_files
from prunebench.cli.printed.printing import print_json
from prunebench.eval.runtime.child import MOST_THREADS


@click.command(
    epilog="""
\b
Examples:
  prunebench measure pruned.pth --json
  prunebench measure pruned.pth --counters all
  prunebench measure pruned.pth --storage --memory
  prunebench measure mn04_as_mAP_432.pt --network "mn[width=0.4]" --counters all --latency
  prunebench measure pruned.pth --against Cnn14.pth --latency --backends eager,onnxruntime --batch 1
  prunebench measure base.pt --backends onnxruntime-int8 --data esc10 --set root=ESC-10 --set mix=3
"""
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--against", type=click.Path(path_type=Path), help="Checkpoint to compare latency with.")
@click.option("--counters", type=Choice(["all"]), help="MACs and parameters per layer by five counters.")
@click.option(
    "--storage",
    is_flag=True,
    help="Bytes of the parameters, of the file, and of the weights as torch saves them: in full and half precision, "
    "each also compressed.",
)
@click.option("--memory", is_flag=True, help="Peak memory of a forward pass, measured in a fresh process.")
@click.option(
    "--latency",
    is_flag=True,
    help="Latency of a forward pass for a clip of 10 s, from features; with --against, rounds of both models "
    "alternate.",
)
@click.option(
    "--energy",
    is_flag=True,
    help="Energy of a forward pass for a clip of 10 s, in joules, if this machine can measure it.",
)
@click.option(
    "--backends",
    default="eager",
    show_default=True,
    help="Backends, separated by commas: eager, folded, compile, onnxruntime, openvino or onnxruntime-int8.",
    shell_complete=offered.listed_backends,
)
@click.option("--batch", default=1, show_default=True, type=click.IntRange(1), help="Clips in each pass.")
@click.option(
    "--threads",
    default=1,
    show_default=True,
    type=click.IntRange(1, MOST_THREADS),
    help="Threads of every backend.",
)
@click.option("--budget", default=30.0, show_default=True, help="Seconds for latency rounds.")
@click.option(
    "--precision",
    default=0.02,
    show_default=True,
    help="Requested precision of the latency ratio: half the width of its 95 % interval, divided by the ratio.",
)
@click.option(
    "--data",
    help="Data set from `prunebench list datasets`; the mAP of each backend on its test clips is printed.",
    shell_complete=offered.data_set,
)
@plugin_files("--data-file", "that defines data sets; if it defines one, that one is used without --data")
@click.option(
    "--set",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="Option of the data set, for example root=ESC-10; repeatable.",
)
@network_of("CHECKPOINT and of --against")
@network_file_option
@json_option("measure", what="Print the numbers as JSON.")
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
    data_files: tuple[Path, ...],
    options: tuple[str, ...],
    network: str | None,
    network_files: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Print parameters, bytes and MACs of CHECKPOINT for one clip of 10 s, and every other measure that you ask for.

    MACs are given as two numbers: backbone (from features) and with_frontend (from the waveform; the front end is
    counted as the network's authors compute it). All counts use the network's own sample rate, window, hop and mels.
    """
    from prunebench.eval.runtime.backends import backend
    from prunebench.eval.runtime.latency import Effort
    from prunebench.harness.data.plugins.dataset_registry import chosen_set
    from prunebench.harness.measuring.checkpoint_file import CheckpointFile
    from prunebench.harness.measuring.checkpoint_latency import Timing, latency_of
    from prunebench.harness.measuring.checkpoint_quality import checkpoint_quality
    from prunebench.harness.measuring.front_end import front_end_of
    from prunebench.harness.measuring.model_figures import bytes_of, counts_of, energy_of, memory_of
    from prunebench.harness.measuring.tagger_figures import tagger_figures
    from prunebench.harness.networks.contract.measurable import measurable_of
    from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint

    if data is None and data_files:
        data = chosen_set(data_files, "--data NAME")
    names = list(dict.fromkeys(name.strip() for name in backends.split(",") if name.strip()))
    for name in names:
        backend(name)  # an unknown one ends here
    _check_use(click.get_current_context(), names, latency=latency, quality=data is not None)
    how = Timing(names, batch, threads, Effort(precision=precision, budget_seconds=budget))
    read = read_any_checkpoint(checkpoint, network, network_files)
    file = CheckpointFile(checkpoint, network, network_files)
    figures, failed = tagger_figures(read.tagger, checkpoint)
    model = measurable_of(read.tagger)
    found: dict[str, Any] = {**figures, "front_end": front_end_of(model), "stored_as": read.precision}
    if read.wrapping:
        found["read_from"] = read.wrapping
    if read.provenance is not None:
        found["provenance"] = [step.as_json() for step in read.provenance.steps()]
    if failed:
        found["unmeasured"] = failed
    if storage:
        found["storage"] = bytes_of(model, checkpoint)
    if counters:
        found["counters"] = counts_of(model)
    if memory:
        found["memory"] = memory_of(file, model, threads)
    if latency:
        other = None if against is None else CheckpointFile(against, network, network_files)
        found["latency"] = latency_of(file, other, how, quality=data is not None)
    if energy:
        found["energy"] = energy_of(file, model, threads)
    if data:
        found["quality"] = checkpoint_quality(read, names, data, options, threads, data_files)
    if as_json:
        print_json(found, "measure")
    else:
        print_measured(found)


def _check_use(context: click.Context, names: list[str], *, latency: bool, quality: bool) -> None:
    """Options that would do nothing are refused: whoever gives them expects a figure."""
    from click.core import ParameterSource

    from prunebench.eval.errors import InputError

    def given(name: str) -> bool:
        return context.get_parameter_source(name) not in (ParameterSource.DEFAULT, None)

    idle = [
        f"--{name}" for name in ("against", "batch", "budget", "precision") if given(name) and not latency
    ]
    if idle:
        raise InputError(f"`{idle[0]}` has an effect only with --latency: add --latency.")
    if given("backends") and not (latency or quality):
        raise InputError(
            "`--backends` has no effect without something to measure: give --latency or --data NAME."
        )
    if given("options") and not quality:
        raise InputError("`--set` sets an option of a data set. Found no data set: give --data NAME.")
    if not names:
        raise InputError(
            "`--backends` must name at least one backend. Found none: leave it out to use `eager`."
        )
