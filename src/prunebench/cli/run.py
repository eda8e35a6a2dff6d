"""`prunebench run`: the sweep, then its report."""

from __future__ import annotations

import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import click

from prunebench.cli.output import console
from prunebench.cli.progress import make_display

EXAMPLES = """
\b
Examples:
  prunebench run
  prunebench run quick --set data.name=esc10 --set data.root=ESC-50 --set data.mix=3
  prunebench run standard -o runs/mine --set base.seeds=[0,1,2,3,4,5] --set workers=8
  prunebench run my.toml
  prunebench run quick --pruner-file mine.py -o runs/mine
"""


@click.command(epilog=EXAMPLES)
@click.argument("source", default="quick", metavar="[PRESET | CONFIG.toml]")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Run folder  [default: runs/NAME]")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a field; repeatable.")
@click.option(
    "--pruner-file",
    "pruner_files",
    multiple=True,
    metavar="FILE.py",
    type=click.Path(path_type=Path),
    help="Python file whose pruners are added to the criteria; repeatable.",
)
@click.option("--retry-failed", is_flag=True, help="Take failed cells again.")
@click.option("--json", "as_json", is_flag=True, help="Print the records as JSON.")
@click.pass_context
def run(
    ctx: click.Context,
    source: str,
    output: Path | None,
    overrides: tuple[str, ...],
    pruner_files: tuple[Path, ...],
    retry_failed: bool,
    as_json: bool,
) -> None:
    """Run a sweep: presets quick (default), standard and claim, or a configuration file.

    Trains the base models, scores, prunes, fine-tunes and measures every cell of the grid, and writes
    records, figures, a table and a page into the run folder. The same command resumes a run that was
    stopped and repeats nothing. Exit code 1 if a cell failed.
    """
    from prunebench.harness.cache import Cache, default_cache
    from prunebench.harness.config import load_config
    from prunebench.harness.runfolder import file_name
    from prunebench.harness.sweep import run_sweep

    started = time.monotonic()
    config = load_config(source, overrides, pruner_files=pruner_files)
    if output is None:
        label = "" if config.data.name == "synth" else f"-{config.data.label}"
        output = Path("runs") / file_name(f"{config.name}{label}")
    display = make_display()
    try:
        with display:
            summary = run_sweep(config, output, Cache(default_cache()), display, retry_failed=retry_failed)
    except KeyboardInterrupt:
        click.echo(f"Stopped. What is finished is kept in {output}; the same command resumes it.", err=True)
        ctx.exit(130)
    except BrokenProcessPool:
        click.echo(
            f"A worker process was ended from outside, by lack of memory perhaps. What is finished is kept in "
            f"{output}; the same command resumes it.",
            err=True,
        )
        ctx.exit(1)
    _conclude(output, as_json=as_json)
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    click.echo(f"{summary.cells} cells, {summary.failed} failed, {minutes} min {seconds:02d} s", err=True)
    if summary.failed:
        click.echo(f"Why: {output / 'failures.log'}; take them again with --retry-failed.", err=True)
        ctx.exit(1)


def _conclude(run_folder: Path, *, as_json: bool) -> None:
    from prunebench.reports import load_records, terminal_table, write_report

    records = load_records(run_folder)
    if any(record.status == "done" for record in records):
        report = write_report([run_folder])
        if not as_json:
            console().print(terminal_table(report))
            click.echo(f"Page: {report.page}", err=True)
    if as_json:
        click.echo("[" + ",\n".join(record.to_json() for record in records) + "]")
