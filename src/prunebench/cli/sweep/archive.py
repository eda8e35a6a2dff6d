"""`prunebench archive`: what reports need of a run, small enough to share."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.completing import offered
from prunebench.cli.figure_names import size_text
from prunebench.cli.json_option import json_option
from prunebench.cli.output import print_table, say
from prunebench.cli.printed.printing import print_json


@click.command(
    epilog="\b\nExamples:\n"
    "  prunebench archive runs/claim -o results/claim\n"
    "  prunebench report results/claim -o report\n"
    "  prunebench report runs/mine results/claim -o compared\n"
    "  prunebench run results/claim/config.toml -o runs/again"
)
@click.argument("run", type=click.Path(path_type=Path), shell_complete=offered.run_folder)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A new folder.")
@json_option("archive", what="Print cells and file sizes as JSON.")
def archive(run: Path, output: Path, as_json: bool) -> None:
    """Make a small folder from RUN that others can cite and report.

    The archive contains the configuration, environment, records, latency and memory of models, latency tables,
    curves and removed filters. Instead of test scores it contains each clip's influence on mAP and each class's
    average precision. Weights, tracebacks and the paths of this machine are left out. `report`, `merge`, `status`,
    `check` and `baseline save` read an archive like a run folder, but a run cannot add cells to it. Archiving a run
    twice gives identical files.
    """
    from prunebench.harness.sweep.archive import archive_run

    found = archive_run(run, output)
    if as_json:
        told = {"folder": str(found.folder), "cells": found.cells, "failed": found.failed, "left": found.left}
        print_json({**told, "bytes": found.bytes, "files": dict(found.sizes)}, "archive")
        return
    print_table(["file", "size"], [(name, size_text(size)) for name, size in found.sizes.items()], names=True)
    say(f"{found.cells} finished cell{'s' * (found.cells != 1)} in {found.folder}, {size_text(found.bytes)}")
    if found.failed or found.left:
        say(f"{found.failed} failed and {found.left} unfinished cells; reports of the archive name them.")
