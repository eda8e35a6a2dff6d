"""`prunebench report`: figures, tables and the page of a run, again."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.output import console, print_json


@click.command(
    epilog="\b\nExamples:\n  prunebench report runs/quick\n  prunebench report runs/quick -o figures"
)
@click.argument("run", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder  [default: RUN/report]")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def report(run: tuple[Path, ...], output: Path | None, as_json: bool) -> None:
    """Draw the figures, tables and the page of RUN from its records alone."""
    from prunebench.reports import terminal_table, write_report

    written = write_report(list(run), output)
    if as_json:
        print_json(written.summary)
        return
    console().print(terminal_table(written))
    click.echo(f"Page: {written.page}", err=True)
