"""`prunebench merge`: run folders made on several machines as one."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.completing import offered
from prunebench.cli.json_option import json_option
from prunebench.cli.output import say
from prunebench.cli.printed.printing import print_json


@click.command(
    epilog="\b\nExamples:\n"
    "  prunebench merge runs/machine-a runs/machine-b -o runs/both\n"
    "  prunebench report runs/both"
)
@click.argument(
    "run", type=click.Path(path_type=Path), nargs=-1, required=True, shell_complete=offered.run_folder
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A new run folder.")
@json_option("merge", what="Print what was merged as JSON.")
def merge(run: tuple[Path, ...], output: Path, as_json: bool) -> None:
    """Combine run folders that differ only in their cells; `run` can extend the result.

    Runs are refused, with the reason, if they have different settings, versions of torch or prunebench, or test
    clips, if they have different results for one cell on the same processor, or if one is still running.
    """
    from prunebench.harness.sweep.merge import merge_runs

    merged = merge_runs(list(run), output)
    if as_json:
        print_json(
            {
                "folder": str(merged.folder),
                "cells": merged.cells,
                "in_several": merged.twice,
                "largest_difference": merged.largest,
                "notes": list(merged.said),
            },
            "merge",
        )
        return
    cells = f"{merged.cells} finished cell{'s' * (merged.cells != 1)}"
    say(f"{cells} in {merged.folder}, {merged.twice} of them in several runs")
    if merged.twice:
        say(f"{merged.largest:.3g} is the largest difference of test mAP between results of one cell")
    for sentence in merged.said:
        say(sentence)
