"""`prunebench data audioset`: recordings into PANNs' packed files."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import click

from prunebench.cli.json_option import json_option
from prunebench.cli.output import say
from prunebench.cli.printed.printing import print_json

EXAMPLES = """
\b
Examples:
  prunebench data audioset audios/eval_segments --segments eval_segments.csv -o AUDIOSET
  prunebench data audioset audios/unbalanced --segments unbalanced_train_segments.csv \\
      -o AUDIOSET --workers 16
  prunebench run panns --set data.root=AUDIOSET
"""


@click.command(epilog=EXAMPLES)
@click.argument("recordings", type=click.Path(path_type=Path))
@click.option(
    "--segments",
    required=True,
    type=click.Path(path_type=Path),
    help="AudioSet's list of the clips, a CSV file.",
)
@click.option(
    "--classes",
    type=click.Path(path_type=Path),
    help="CSV file of the classes, in the form of class_labels_indices.csv  [default: AudioSet's classes]",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder to write, which runs then take as `data.root`.",
)
@click.option("--name", help="Name of the set  [default: the list's name without _segments]")
@click.option(
    "--per-file", default=50_000, show_default=True, type=click.IntRange(1), help="Clips in each file."
)
@click.option(
    "--workers", type=click.IntRange(1), help="Threads that decode  [default: one for each processor]"
)
@click.option("--strict", is_flag=True, help="Stop at the first recording that cannot be read.")
@click.option("--fresh", is_flag=True, help="Pack clips again whose file exists already.")
@json_option("data-audioset")
def audioset(
    recordings: Path,
    segments: Path,
    classes: Path | None,
    output: Path,
    name: str | None,
    per_file: int,
    workers: int | None,
    strict: bool,
    fresh: bool,
    as_json: bool,
) -> None:
    """Pack a folder of RECORDINGS into PANNs' HDF5 files, with an index.

    A recording of video ID is named YID.wav, as by PANNs' downloader, or ID, ID_START, ID_START_END, in any format
    that libsndfile reads. A clip is the first 10 s of the recording. If a recording is longer than its segment and
    its name gives no start, the clip begins where the segment begins. NAME-missing.csv lists clips that are missing
    or unreadable, NAME-changed.csv those that were cut or clipped. If you stop the command, the same command
    continues. A clip takes 0.64 MB.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from prunebench.cli.output import console
    from prunebench.harness.data.audioset.pack import pack_audioset

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True)) as display:
        task = display.add_task("clips", total=None, visible=False)
        found = pack_audioset(
            recordings,
            segments,
            classes,
            output,
            name=name,
            per_file=per_file,
            workers=workers or os.cpu_count() or 1,
            strict=strict,
            fresh=fresh,
            progress=lambda done, total: display.update(task, completed=done, total=total, visible=True),
        )
    if as_json:
        changed = found.changed and str(found.changed)
        print_json(
            {**asdict(found), "index": str(found.index), "missing": str(found.missing), "changed": changed},
            "data-audioset",
        )
        return
    say(
        f"{found.name}: {found.packed} of {found.listed} clips packed, {found.absent} absent, "
        f"{found.unreadable} unreadable"
    )
    if found.changed is not None:
        say(
            f"{found.cut} cut out of longer recordings, from the start of the segment, and {found.clipped} clipped to "
            f"full scale; they are listed in {found.changed}"
        )
    say(f"Index: {found.index}; missing clips: {found.missing}")
