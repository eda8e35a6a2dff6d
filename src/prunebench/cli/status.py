"""`prunebench status`: how far a run is."""

from __future__ import annotations

import json
from pathlib import Path

import click

from prunebench.cli.output import print_json


@click.command(epilog="\b\nExample:\n  prunebench status runs/quick")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(run: Path, as_json: bool) -> None:
    """How many cells of RUN are done, failed and left."""
    from prunebench.eval.errors import InputError
    from prunebench.eval.record import Record, read_records

    plan = run / "plan.json"
    if not plan.is_file():
        raise InputError(
            f"A run folder must hold `plan.json`. Found none in `{run}`: give what `prunebench run -o` made."
        )
    try:
        cells = [str(cell) for cell in json.loads(plan.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise InputError(f"`{plan}` must be a list of cells. It cannot be read ({error}).") from error
    records: list[Record] = read_records(run / "records.jsonl")
    failed = [record for record in records if record.status == "failed"]
    found = {
        "cells": len(cells),
        "done": len(records) - len(failed),
        "failed": len(failed),
        "left": len(set(cells) - {record.cell for record in records}),
    }
    if as_json:
        print_json(found)
        return
    click.echo(
        f"{found['done']} of {found['cells']} cells done, {found['failed']} failed, {found['left']} left"
    )
    for record in failed:
        click.echo(f"  failed: {record.control or record.criterion} at {record.ratio}: {record.error}")
