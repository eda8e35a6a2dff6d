"""`prunebench check`: the gate on compression, quality and speed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prunebench.cli.completing import offered
from prunebench.cli.figure_names import figure_name
from prunebench.cli.gate.subject import GateSubject, counted, figures_of, made_with
from prunebench.cli.json_option import json_option
from prunebench.cli.model.network_options import network_file_option, network_option
from prunebench.cli.output import print_table, say, say_text
from prunebench.cli.printed.printing import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prunebench.baselines import Baseline, Change

_PATH = click.Path(path_type=Path)


@click.command(
    epilog="""
\b
Examples:
  prunebench check runs/quick --baseline quick-baseline.json
  prunebench check pruned.pth --baseline cnn14/l1-50
  prunebench check runs/quick --baseline quick-baseline.json --junit gate.xml --markdown gate.md
  prunebench check runs/quick --baseline quick-baseline.json --update
  prunebench check small.pth --network mobilenet_v2 --baseline small.json
"""
)
@click.argument("subject", metavar="RUN|CHECKPOINT", type=_PATH, shell_complete=offered.run_or_checkpoint)
@click.option(
    "--baseline",
    "given",
    required=True,
    type=_PATH,
    help="Baseline file, or a name from `prunebench list baselines`.",
    shell_complete=offered.baseline,
)
@click.option(
    "--update",
    is_flag=True,
    help="If the check passes, write improvements and new entries to the baseline file.",
)
@click.option(
    "--markdown",
    "markdown_file",
    type=_PATH,
    help="File to write: the table in Markdown, for a pull request.",
)
@click.option(
    "--junit", "junit_file", type=_PATH, help="File to write: JUnit XML with a test case for each entry."
)
@json_option("check", what="Print the changes as JSON.")
@network_option
@network_file_option
@click.pass_context
def check(
    ctx: click.Context,
    subject: Path,
    given: Path,
    network: str | None,
    network_files: tuple[Path, ...],
    update: bool,
    markdown_file: Path | None,
    junit_file: Path | None,
    as_json: bool,
) -> None:
    """Compare the costs, quality and speed of a run or checkpoint with a baseline.

    Parameters, their bytes, MACs in both conventions and the widths of all groups are compared exactly. The bytes
    of the file, quality (a paired test over seeds and classes) and speed (relative to the unpruned model of the
    same run) are compared within the tolerances of the baseline. A checkpoint has no test scores and no reference,
    so only exact values and the bytes of its file are compared. A model with another network, other classes or
    another front end is refused. The command lists what the baseline does not contain. Exit code 0: nothing
    regressed, and improvements are listed; 1: something regressed; 2: could not tell. If GITHUB_STEP_SUMMARY names
    a file, the table is appended to it.
    """
    from prunebench import baselines
    from prunebench.eval.errors import InputError

    file = baselines.baseline_path(given)
    if update and file != given:
        raise InputError(
            f"`--update` cannot change a baseline that comes with prunebench. Found `{given}`: save your own with "
            "`prunebench baseline save`."
        )
    held = baselines.load_baseline(file)
    found = figures_of(subject, network, network_files)
    changes = baselines.check(found.entries, held)
    verdict = baselines.verdict_of(changes)
    notes = baselines.uncovered(found.entries, held, str(subject), str(given))
    _write(changes, held, str(given), notes, markdown_file, junit_file)
    if as_json:
        print_json(
            {
                "verdict": verdict.name.lower(),
                "exit_code": int(verdict),
                "baseline": str(given),
                "entries": len(held.entries),
                "changes": [change.to_json() for change in changes],
                "notes": list(notes),
            },
            "check",
        )
    else:
        if changes:
            print_table(baselines.COLUMNS, [_row(change) for change in changes], names=True)
        say(f"{verdict.name.lower().replace('_', ' ')}: {counted(len(held.entries))} of {given}")
        for note in notes:
            say_text(note)
    if update:
        _update(file, held, found, changes)
    ctx.exit(int(verdict))


def _row(change: Change) -> tuple[str, ...]:
    """Cells with the figure as people call it."""
    entry, figure, *others = change.as_row()
    return (entry, figure_name(figure), *others)


def _update(file: Path, held: Baseline, found: GateSubject, changes: Sequence[Change]) -> None:
    from prunebench import baselines

    if baselines.verdict_of(changes) != baselines.Verdict.HOLDS:
        say(
            f"{file} was not changed, because `check` did not pass. To accept these values, run `prunebench "
            "baseline save`.",
            err=True,
        )
        return
    new = baselines.updated(held, found.entries, changes, made_with(), found.classes)
    if new.model_copy(update={"made_with": held.made_with}) == held:
        say(f"{file} was not changed: nothing improved.", err=True)
        return
    baselines.write_baseline(new, file)
    say(f"{file} updated.", err=True)


def _write(
    changes: Sequence[Change],
    held: Baseline,
    name: str,
    notes: Sequence[str],
    markdown_file: Path | None,
    junit_file: Path | None,
) -> None:
    from prunebench import baselines
    from prunebench.eval.files import write_text

    text = baselines.markdown(changes, name, len(held.entries), notes, figure_name)
    if markdown_file is not None:
        write_text(markdown_file, text)
    if junit_file is not None:
        write_text(junit_file, baselines.junit_xml(changes, name, held.entries, notes))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as stream:
            stream.write(text)
