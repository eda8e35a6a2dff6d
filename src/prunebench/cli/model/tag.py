"""`prunebench tag`: what a model hears in recordings, or in a microphone."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prunebench.cli.choice import Choice
from prunebench.cli.json_option import json_option
from prunebench.cli.model.network_options import network_file_option, network_option
from prunebench.cli.model.tag_output import FORMATS, TagRow, row_sink
from prunebench.cli.output import say, say_sentence
from prunebench.cli.output_file import check_output
from prunebench.cli.streams import answers_alone

if TYPE_CHECKING:
    from torch import nn

    from prunebench.harness.tagging.tagged import Tagged


@click.command(
    epilog="""
\b
Examples:
  prunebench tag Cnn14_mAP=0.431.pth street.wav
  prunebench tag pruned.pth recordings/ more.flac --top-k 3 --format csv -o tags.csv
  prunebench tag pruned.pth long.wav --window 10 --hop 2.5 --threshold 0.3 --json
  prunebench tag mn04_as_mAP_432.pt street.wav --network "mn[width=0.4]"
  prunebench tag pruned.pth --live
"""
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("audio", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--top-k", default=5, show_default=True, type=click.IntRange(1), help="Classes to print for each window."
)
@click.option(
    "--threshold", default=0.0, show_default=True, help="Leave out classes with a score below this."
)
@click.option("--window", "length", default=10.0, show_default=True, help="Length of a window in seconds.")
@click.option(
    "--hop",
    default=None,
    type=float,
    help="Seconds from the start of a window to the start of the next.  [default: half of --window; with --live 1, "
    "but at most --window]",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="File with the names of the outputs: one on each line, or a table like AudioSet's.",
)
@click.option(
    "--format", "form", default="table", show_default=True, type=Choice(FORMATS), help="Form of the output."
)
@json_option("tag", "tag-live", what="The same as --format json.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write instead of printing.")
@click.option("--strict", is_flag=True, help="Stop at the first recording that cannot be read.")
@click.option(
    "--live", is_flag=True, help="Tag the sound of a microphone until Ctrl-C; needs the extra `live`."
)
@click.option("--device", help="Microphone of --live, by number or name.")
@click.option("--seconds", type=float, help="Stop --live after this many seconds.")
@network_option
@network_file_option
@click.pass_context
def tag(
    ctx: click.Context,
    checkpoint: Path,
    audio: tuple[Path, ...],
    top_k: int,
    threshold: float,
    length: float,
    hop: float | None,
    labels: Path | None,
    form: str,
    as_json: bool,
    output: Path | None,
    strict: bool,
    live: bool,
    device: str | None,
    seconds: float | None,
    network: str | None,
    network_files: tuple[Path, ...],
) -> None:
    """Name the sound classes in AUDIO: files, or folders with all their recordings.

    Long recordings are tagged in overlapping windows. If a recording is unreadable, incomplete or in a format that
    libsndfile does not know, the command names it, leaves it out, and ends with exit code 1. Scores are sigmoid
    probabilities, independent for each class.
    """
    from prunebench.cli.live_display import make_display
    from prunebench.cli.output import print_notes
    from prunebench.eval.errors import InputError
    from prunebench.harness.data.recordings.checks import check_recording
    from prunebench.harness.engine.progress import Progress
    from prunebench.harness.networks.class_names import class_names
    from prunebench.harness.networks.contract.measurable import check_scores, measurable_of
    from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint
    from prunebench.harness.tagging.tagged import tagged
    from prunebench.harness.tagging.windows import check_spans, recording_windows

    form = "json" if as_json else form
    if form == "json":
        ctx.with_resource(answers_alone())
    if live == bool(audio):
        raise InputError(
            "`tag` needs either recordings or --live. Found " + ("both." if live else "neither.")
        )
    idle = [name for name, value in (("--device", device), ("--seconds", seconds)) if value is not None]
    if idle and not live:
        raise InputError(f"`{idle[0]}` has an effect only with --live: leave it out, or add --live.")
    if live and strict:
        raise InputError("`--strict` has an effect only on recordings: leave it out, or give recordings.")
    if seconds is not None and not 0 < seconds < math.inf:
        raise InputError(f"`--seconds` must be above 0 and finite. Found {seconds:g}.")
    if math.isnan(threshold):
        raise InputError("`--threshold` must be a number, such as 0.3. Found nan.")
    if hop is None:
        hop = min(1.0, length) if live else length / 2
    check_spans(length, hop)
    files, left_out = _recordings(audio)
    check_output(output, checkpoint, labels, *network_files, *files)
    if strict and left_out:
        raise InputError(
            "With --strict, every recording must be readable. Found `{}`, which cannot be tagged: {}.".format(
                *left_out[0]
            )
        )
    found = read_any_checkpoint(checkpoint, network, network_files)
    check_scores(found.tagger)
    model, rate = measurable_of(found.tagger), found.tagger.network.frontend.sample_rate
    names = class_names(found, labels)

    def row(file: str | None, window: Tagged) -> TagRow:
        return TagRow(file, window.start_s, window.end_s, window.top(names, top_k, threshold))

    if live:
        # Ctrl-C is how listening ends: what was heard is written.
        with row_sink(form, output, live=True) as put, contextlib.suppress(KeyboardInterrupt):
            for window in _heard(model, rate, device, seconds, length, hop):
                put(row(None, window))
        return
    for path, why in left_out:
        say_sentence(f"left out: `{path}`: {why}")
    failed = 0
    notes: list[tuple[str, str]] = []
    with row_sink(form, output, live=False) as put, contextlib.ExitStack() as stack:
        # Where rows are printed, they show how far it is.
        progress = Progress([stack.enter_context(make_display())] if output else [])
        progress.announce("tagging", len(files))
        for file in files:
            progress.name(str(file), "tagging")
            progress.step(str(file), 0, 1)
            try:
                note = check_recording(file)
                windows = recording_windows(file, length, hop, rate)
                # All windows first: a recording that breaks off in the middle is left out as a whole.
                rows = [row(str(file), window) for window in tagged(model, windows)]
            except InputError as error:
                if strict or len(files) == 1:
                    raise
                failed += 1
                progress.failed(str(file), str(error))
                if not output:
                    say_sentence(f"left out: {error}")
                continue
            for tags in rows:
                put(tags)
            if note is not None:
                notes.append((str(file), note))
            progress.finished(str(file))
    print_notes(notes)
    if failed or left_out:
        gone, of = failed + len(left_out), len(files) + len(left_out)
        were = "was" if gone == 1 else "were"
        say(f"{gone} of {of} recording{'s' * (of != 1)} {were} left out.", err=True)
        ctx.exit(1)


def _heard(
    model: nn.Module, rate: int, device: str | None, seconds: float | None, length: float, hop: float
) -> Iterator[Tagged]:
    from prunebench.harness.tagging.microphone import Microphone
    from prunebench.harness.tagging.tagged import tagged
    from prunebench.harness.tagging.windows import live_windows

    number = int(device) if device is not None and device.isdecimal() else device
    with Microphone(number, seconds) as microphone:
        yield from tagged(model, live_windows(microphone.read, microphone.rate, length, hop, rate))
    if microphone.overflows:
        times = f"{microphone.overflows} time{'s' * (microphone.overflows != 1)}"
        say(f"Sound was lost {times}, because the machine was too slow: give a larger --hop.", err=True)


def _recordings(audio: tuple[Path, ...]) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Files to tag, and those in folders that cannot be, each with the reason; what else a folder holds is told."""
    from prunebench.harness.data.recordings.search import search

    files: list[Path] = []
    left_out: list[tuple[Path, str]] = []
    for path in audio:
        if not path.is_dir():
            files.append(path)
            continue
        found = search(path)
        files += found.recordings
        left_out += found.left_out
        if found.note:
            say(f"Note: {found.note}", err=True)
    return files, left_out
