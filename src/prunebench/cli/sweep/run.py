"""`prunebench run`: the sweep, then its report."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prunebench.cli.completing import offered
from prunebench.cli.completing.settings import settings
from prunebench.cli.json_option import json_option
from prunebench.cli.live_display import make_display
from prunebench.cli.output import console, say, say_text
from prunebench.cli.plugin_files import plugin_files
from prunebench.cli.printed.printing import print_json
from prunebench.stopping import stop_code

if TYPE_CHECKING:
    from prunebench.harness.config.config import Config

EXAMPLES = """
\b
Examples:
  prunebench run
  prunebench run quick --set base.pretrained=false --set data.name=esc10 --set data.root=ESC-50
  prunebench run standard -o runs/mine --set base.seeds=[0,1,2,3,4,5] --workers 8
  prunebench run my.toml --dry-run
  prunebench run claim --dry-run --throughput 400 --workers 64
  prunebench run quick --set prune.target_macs=[0.7,0.6] --set 'prune.allocations=["uniform","global"]' --dry-run
  prunebench run quick --set base.pretrained=false --set model.checkpoint=Cnn14.pth
  prunebench run quick --pruner-file mine.py -o runs/mine
  prunebench run quick --data-file mine.py -o runs/mine
  prunebench run quick --network "mobilenet_v2[width=0.25]" -o runs/mobilenet
  prunebench run epanns --device auto --set data.root=AUDIOSET --set data.test_clips=1000
  prunebench run claim -o /shared/runs/claim --scheduler tcp://head-node:8786
"""


@click.command(epilog=EXAMPLES)
@click.argument(
    "source", default="quick", metavar="[PRESET | CONFIG.toml]", shell_complete=offered.preset_or_file
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Run folder  [default: runs/NAME]",
    shell_complete=offered.run_folder,
)
@settings("Override a key of the configuration, for example base.seeds=[0,1]; repeatable.")
@plugin_files("--pruner-file", "whose pruners are added to the criteria")
@click.option(
    "--network",
    metavar="NAME",
    shell_complete=offered.network,
    help="Network to prune, from `prunebench list networks`. Its own scope is pruned and all its layers are "
    "fine-tuned, unless you --set something else.",
)
@plugin_files("--network-file", "that defines networks; if it defines one, that one is used")
@plugin_files(
    "--data-file", "that defines data sets; if it defines one, that one replaces those of the configuration"
)
@click.option(
    "--workers",
    type=click.IntRange(0),
    metavar="N",
    help="Cells that are computed at the same time on this machine; 0: one after the other, in this process  "
    "[default: `workers` of the configuration]",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Dask scheduler whose workers compute: tcp://HOST:PORT, or its scheduler file (*.json).",
)
@click.option(
    "--resource",
    "resources",
    multiple=True,
    metavar="NAME=AMOUNT",
    help="Resources of a Dask worker that a cell needs, for example GPU=1; repeatable.",
)
@click.option(
    "--device",
    metavar="auto|cpu|cuda|cuda:1|mps",
    help="Device for training, scoring and prediction. If the configuration has a table `base.at_scale` or "
    "`finetune.at_scale`, the option sets the device of these trainings only.",
)
@click.option("--retry-failed", is_flag=True, help="Compute failed cells again.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Print the plan with the time, memory and storage that it needs; start nothing.",
)
@click.option(
    "--throughput",
    type=click.FloatRange(0, min_open=True),
    metavar="CLIPS",
    help="For --dry-run: clips per second of a worker in training  [default: measured here]",
)
@json_option("run", "run-dry-run", what="Print the records as JSON; with --dry-run the plan.")
@click.pass_context
def run(
    ctx: click.Context,
    source: str,
    output: Path | None,
    overrides: tuple[str, ...],
    pruner_files: tuple[Path, ...],
    network: str | None,
    network_files: tuple[Path, ...],
    data_files: tuple[Path, ...],
    workers: int | None,
    scheduler: str | None,
    resources: tuple[str, ...],
    device: str | None,
    retry_failed: bool,
    dry_run: bool,
    throughput: float | None,
    as_json: bool,
) -> None:
    """Run a comparison of criteria: a preset (default quick, see `prunebench list presets`) or a file.

    The run trains or loads base models, then scores, prunes, fine-tunes and measures every cell of the grid. It
    writes records, figures, a table and a page into the run folder. If you stop it, the same command resumes it and
    repeats nothing. Exit code 1: a cell failed.
    """
    from prunebench.cli.completing.config_keys import check_keys

    check_keys(overrides)  # before what follows loads torch

    from prunebench.eval.run.layout import RunFiles, file_name
    from prunebench.harness.config.config import load_config
    from prunebench.harness.config.overrides import network_overrides
    from prunebench.harness.data.told_clips import NOTED, UNUSABLE
    from prunebench.harness.sweep.preview import few_draws, preview
    from prunebench.harness.sweep.skipped import said_listed
    from prunebench.harness.sweep.sweep import run_sweep
    from prunebench.harness.workspace.cache import Cache, default_cache

    started = time.monotonic()
    if workers is not None:
        if scheduler is not None:
            raise click.UsageError("Give --workers for this machine or --scheduler for a cluster, not both.")
        overrides = (*overrides, f"workers={workers}")
    if network is not None or network_files:
        overrides = (*network_overrides(network, network_files), *overrides)
    if throughput is not None and not dry_run:
        raise click.UsageError("--throughput works only with --dry-run: give both.")
    amounts = _amounts(resources, scheduler)
    load = functools.partial(load_config, source, pruner_files=pruner_files, data_files=data_files)
    config = load(overrides)
    if device is not None:
        config = load((*overrides, *_on(device, config)))
    if output is None:
        labels = [options.label for options in config.data if options.name != "synth" or len(config.data) > 1]
        output = Path("runs") / file_name("-".join([config.name, *labels]))
    if dry_run:
        from prunebench.cli.sweep.dry_run import print_preview

        found = preview(config, Cache(default_cache()), output, throughput)
        print_json(found, "run-dry-run") if as_json else print_preview(found)
        return
    for note in few_draws(config):
        say(f"Note: {note}", err=True)
    with _stopping(ctx, output), make_display() as display:
        summary = run_sweep(
            config,
            output,
            Cache(default_cache()),
            [display],
            retry_failed=retry_failed,
            scheduler=scheduler,
            resources=amounts,
        )
    with _stopping(ctx, output):
        _conclude(output, as_json=as_json)
    files = RunFiles(output)
    for file, which in ((files.skipped, UNUSABLE), (files.notes, NOTED)):
        if said := said_listed(file, which):
            say_text(said, err=True)
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    cells = f"{summary.cells} cell{'s' * (summary.cells != 1)}"
    say(f"{cells}, {summary.failed} failed, {minutes} min {seconds:02d} s", err=True)
    if summary.failed:
        say(
            f"The reasons are in {files.failures}. To compute failed cells again, add --retry-failed.",
            err=True,
        )
        ctx.exit(1)


def _on(device: str, config: Config) -> list[str]:
    """Overrides that put a run on a device: its trainings of full size where it has any, else all of it."""
    tables = [name for name in ("base", "finetune") if getattr(config, name).at_scale is not None]
    return [f"{name}.at_scale.device={device}" for name in tables] or [f"device={device}"]


def _amounts(resources: tuple[str, ...], scheduler: str | None) -> dict[str, float]:
    if resources and scheduler is None:
        raise click.UsageError("--resource is only for the workers of a cluster: give --scheduler too.")
    found = {}
    for resource in resources:
        name, _, amount = resource.partition("=")
        try:
            found[name] = float(amount)
        except ValueError:
            raise click.UsageError(
                f"--resource must be NAME=AMOUNT, such as GPU=1. Found `{resource}`."
            ) from None
    return found


@contextmanager
def _stopping(ctx: click.Context, output: Path) -> Iterator[None]:
    """Say in a sentence why a run stopped, where it can go on."""
    from prunebench.eval.files import DISK_FULL
    from prunebench.harness.engine.cluster import SchedulerLost

    kept = f"Finished cells are kept in {output}"
    try:
        yield
    except KeyboardInterrupt as error:
        say(f"Stopped. {kept}; the same command resumes the run.", err=True)
        ctx.exit(stop_code(error))
    except SchedulerLost:
        say(
            f"The scheduler stopped. {kept}; the same command with a new scheduler resumes the run.", err=True
        )
        ctx.exit(1)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        where = f" that holds `{error.filename}`" if error.filename else ""
        say(
            f"The disk{where} is full, or a file has reached its size limit (`ulimit -f`). {kept}. Free some "
            "space or raise the limit; then the same command resumes the run.",
            err=True,
        )
        ctx.exit(2)


def _conclude(run_folder: Path, *, as_json: bool) -> None:
    from prunebench.reports import load_records, terminal_table, write_report

    records = load_records(run_folder)
    if any(record.status == "done" for record in records):
        report = write_report([run_folder], formats=["png", "svg"])  # PDF too: `prunebench report`
        if not as_json:
            console().print(terminal_table(report))
            say(f"Page: {report.page}", err=True)
    if as_json:
        print_json([json.loads(record.to_json()) for record in records], "run")
