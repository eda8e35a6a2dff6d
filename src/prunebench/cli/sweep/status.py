"""`prunebench status`: how far a run is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from prunebench.cli.completing import offered
from prunebench.cli.json_option import json_option
from prunebench.cli.live_display import TRAININGS, rate_text
from prunebench.cli.output import duration, say
from prunebench.cli.printed.printing import print_json

EXAMPLES = """
\b
Examples:
  prunebench status runs/quick
  prunebench status runs/quick --json
  watch -n 5 prunebench status runs/quick
"""


@click.command(epilog=EXAMPLES)
@click.argument("run", type=click.Path(path_type=Path), shell_complete=offered.run_folder)
@json_option("status")
def status(run: Path, as_json: bool) -> None:
    """Show how many cells of RUN are done, failed, running and left, and when the run will be finished.

    This works from any terminal, while the run is active and afterwards.
    """
    from prunebench.eval.run.contents import planned_cells
    from prunebench.eval.run.layout import RunFiles
    from prunebench.eval.run.record import CNN14, Record, read_records
    from prunebench.eval.run.schema import check_run_folder
    from prunebench.harness.engine.progress_file import read_progress

    check_run_folder(run, finished=False)
    files = RunFiles(run)
    cells = planned_cells(files, required=True)
    records: list[Record] = read_records(files.records)
    planned = set(cells)  # what failed may be asked for no longer
    records = [record for record in records if record.cell in planned]
    failed = [record for record in records if record.status == "failed"]
    progress = read_progress(files.progress)
    running = progress["running"] if progress else []
    found = {
        "cells": len(cells),
        "done": len(records) - len(failed),
        "failed": len(failed),
        "left": len(planned - {record.cell for record in records}),
        "under_way": progress is not None,
        "running": running,
        "seconds_left": progress["seconds_left"] if progress else None,
        "finished_at": progress["updated"] + progress["seconds_left"]
        if progress and progress["seconds_left"] is not None
        else None,
        "last_test_map": progress["last_test_map"] if progress else None,
        "phases": progress["phases"] if progress else {},
    }
    if as_json:
        print_json(found, "status")
        return
    say(f"{found['done']} of {found['cells']} cells done, {found['failed']} failed, {found['left']} left")
    for record in failed:
        of = "" if record.network == CNN14 else f" of {record.network}"
        say(f"  failed: {record.control or record.criterion}{of} at {record.ratio}: {record.error}")
    if progress is not None:
        _tell(progress)
    elif found["left"]:
        say("No run is active here; the same `prunebench run` command continues it.")


def _tell(progress: Mapping[str, Any]) -> None:
    """What is under way."""
    now = time.time()
    for name, phase in progress["phases"].items():
        if phase["left"] and name != "cells":
            say(f"  {name}: {phase['done']} of {phase['total']} ({phase.get('share', 0.0):.0%})")
    for piece in progress["running"]:
        rate = (
            f", {rate_text(piece['rate'])}" if piece.get("rate") and piece.get("phase") in TRAININGS else ""
        )
        say(
            f"  running: {piece['title']}: {piece['share']:.0%} after {duration(now - piece['started'])}{rate}"
        )
    if progress["last_test_map"] is not None:
        say(f"Last test mAP {progress['last_test_map']:.3f}")
    if progress["seconds_left"] is None:
        say("Time left: unknown until each kind of work has begun")
    else:
        end = progress["updated"] + progress["seconds_left"]
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(end))
        say(f"About {duration(max(0.0, end - now))} left; the run will be finished at about {at}")
    if now - progress["updated"] > QUIET:
        say(f"Last update {duration(now - progress['updated'])} ago")


QUIET = 60.0  # seconds without a sign of life that are worth a word
