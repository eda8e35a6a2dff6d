"""`prunebench baseline save`: what the gate holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from prunebench.cli.gate.subject import counted, figures_of, made_with
from prunebench.cli.output import print_json, say

if TYPE_CHECKING:
    from prunebench.baselines import Tolerances

_PATH = click.Path(path_type=Path)
_PARTS = {"file": "file_bytes", "quality": "quality", "speed": "speed"}


@click.group()
def baseline() -> None:
    """Baseline files for `prunebench check`."""


@baseline.command(
    epilog="""
\b
Examples:
  prunebench baseline save runs/quick -o quick-baseline.json
  prunebench baseline save runs/quick -o quick-baseline.json --without speed
  prunebench baseline save runs/quick -o quick-baseline.json --tolerance quality=0.01 --reason "six base models"
  prunebench baseline save pruned.pth -o pruned.json
"""
)
@click.argument("subject", metavar="RUN|CHECKPOINT", type=_PATH)
@click.option("-o", "--output", required=True, type=_PATH, help="File to write.")
@click.option(
    "--without", multiple=True, type=click.Choice(list(_PARTS)), help="Leave out what need not be held."
)
@click.option(
    "--tolerance",
    "tolerances",
    multiple=True,
    metavar="NAME=VALUE",
    help="file_bytes or speed as a share, quality in mAP. Default: those of the file that is there already.",
)
@click.option("--reason", default="", help="Why these tolerances; stands in the file.")
@click.option("--json", "as_json", is_flag=True, help="Print what was saved as JSON.")
def save(
    subject: Path,
    output: Path,
    without: tuple[str, ...],
    tolerances: tuple[str, ...],
    reason: str,
    as_json: bool,
) -> None:
    """Save the figures of a run or checkpoint as what `check` holds."""
    from prunebench import baselines

    allowed = _tolerances(output, tolerances, reason)
    found, left_out = figures_of(subject), [_PARTS[name] for name in without]
    entries = {name: figures.without(left_out) for name, figures in found.entries.items()}
    classes = {} if "quality" in without else found.classes
    baselines.save_baseline(entries, output, made_with(), tolerances=allowed, classes=classes)
    if as_json:
        print_json({"file": str(output), "entries": sorted(entries)})
    else:
        say(f"{counted(len(entries))} saved in {output}")


def _tolerances(output: Path, given: tuple[str, ...], reason: str) -> Tolerances:
    """Those of the file that is replaced, or the defaults, with the given ones on top."""
    from prunebench import baselines
    from prunebench.eval.errors import InputError

    if reason and not given:
        raise InputError(
            f"A reason must be that of a tolerance. Found `{reason}` alone: give --tolerance NAME=VALUE too."
        )
    found = baselines.load_baseline(output).tolerances if output.is_file() else baselines.Tolerances()
    for text in given:
        name, equals, value = text.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not equals or number != number:
            raise click.UsageError(f"A tolerance must read NAME=VALUE. Found `{text}`.")
        found = found.with_tolerance(name, number, reason)
    return found
