"""`prunebench report`: figures, tables and the page of a run, again."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.completing import offered
from prunebench.cli.json_option import json_option
from prunebench.cli.output import console, say
from prunebench.cli.printed.printing import print_json


@click.command(
    epilog="\b\nExamples:\n"
    "  prunebench report runs/quick\n"
    "  prunebench report runs/quick -o figures --width single --formats pdf\n"
    "  prunebench report runs/quick --tables-only --columns criterion,ratio,map,macs_backbone\n"
    "  prunebench report runs/quick --table methods\n"
    "  prunebench report runs/before runs/after -o compared"
)
@click.argument(
    "run", type=click.Path(path_type=Path), nargs=-1, required=True, shell_complete=offered.run_folder
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder to write; required for several runs  [default: RUN/report]",
)
@click.option(
    "--columns",
    help="Columns of the summary, in the order you want, separated by commas: criterion, ratio, map_pruned, map, "
    "range, n, from_random, interval, macs_backbone, macs_with_frontend, parameters, file_bytes, latency, "
    "peak_memory_bytes  [default: all; in LaTeX criterion, ratio, macs_backbone, map, from_random, interval]",
)
@click.option(
    "--width",
    help="Width of figures, in columns of a paper: single or double  [default: what fits each figure]",
)
@click.option(
    "--formats",
    default="png,svg,pdf",
    show_default=True,
    help="File formats of figures, separated by commas: png, svg or pdf.",
)
@click.option(
    "--table",
    type=click.Choice(("summary", "methods")),
    default="summary",
    show_default=True,
    help="Which table to print: the summary, or methods by family with the budget of each.",
)
@click.option("--tables-only", is_flag=True, help="Write only tables, no figures and no page.")
@json_option("report", what="Print the summary as JSON.")
def report(
    run: tuple[Path, ...],
    output: Path | None,
    columns: str | None,
    width: str | None,
    formats: str,
    table: str,
    tables_only: bool,
    as_json: bool,
) -> None:
    """Draw the figures, tables and page of RUN again, from only its records.

    Several runs become one report. If they have different results for the same cells, they are drawn side by side,
    with a table of differences.
    """
    from prunebench.reports import terminal_methods, terminal_table, write_report

    written = write_report(
        list(run),
        output,
        columns=None if columns is None else _listed(columns),
        width=width,
        formats=_listed(formats),
        tables_only=tables_only,
        methods=table == "methods",
    )
    if as_json:
        print_json(written.summary, "report")
        return
    console().print(terminal_methods(written) if table == "methods" else terminal_table(written))
    for sentence in written.left_out if written.page and formats else ():
        say(sentence, err=True)
    where = f"Tables: {written.folder}" if written.page is None else f"Page: {written.page}"
    say(where, err=True)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
