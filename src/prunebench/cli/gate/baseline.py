"""`prunebench baseline save`: what the gate holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from prunebench.cli.choice import Choice
from prunebench.cli.completing import offered
from prunebench.cli.gate.subject import counted, figures_of, made_with
from prunebench.cli.json_option import json_option
from prunebench.cli.model.network_options import network_file_option, network_option
from prunebench.cli.output import say
from prunebench.cli.output_file import check_output
from prunebench.cli.printed.printing import print_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prunebench.baselines import Figures, Tolerances

_PATH = click.Path(path_type=Path)
_PARTS = {"file": ("state_dict_bytes", "file_bytes"), "quality": ("quality",), "speed": ("speed",)}


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
  prunebench baseline save runs/quick -o quick-baseline.json --spread runs/six-base-models
  prunebench baseline save pruned.pth -o pruned.json
  prunebench baseline save small.pth --network mobilenet_v2 -o small.json
"""
)
@click.argument("subject", metavar="RUN|CHECKPOINT", type=_PATH, shell_complete=offered.run_or_checkpoint)
@click.option("-o", "--output", required=True, type=_PATH, help="File to write.")
@click.option(
    "--without",
    multiple=True,
    type=Choice(list(_PARTS)),
    help="Leave these values out of the baseline; repeatable.",
)
@click.option(
    "--tolerance",
    "tolerances",
    multiple=True,
    metavar="NAME=VALUE",
    help="Allowed change: `file` or `speed` as a share, `quality` in mAP; repeatable.  [default: those of the file "
    "that is replaced, else file=0.02, speed=0.1 and quality=0.02]",
)
@click.option(
    "--reason", default="", help="Reason for the tolerances; written to the file. Required with --tolerance."
)
@click.option(
    "--spread",
    "spread_of",
    type=_PATH,
    shell_complete=offered.run_folder,
    help="Folder of a run of the same cells with six base models or more. The file then contains the spread of mAP "
    "between base models, which `check` needs to compare base models that were trained again.  [default: the spread in "
    "the file that is replaced]",
)
@network_option
@network_file_option
@json_option("baseline-save", what="Print what was saved as JSON.")
def save(
    subject: Path,
    output: Path,
    network: str | None,
    network_files: tuple[Path, ...],
    without: tuple[str, ...],
    tolerances: tuple[str, ...],
    reason: str,
    spread_of: Path | None,
    as_json: bool,
) -> None:
    """Save the costs, quality and speed of a run or checkpoint for `prunebench check`."""
    from prunebench import baselines

    check_output(output, subject, *network_files)
    allowed = _tolerances(output, tolerances, reason)
    found = figures_of(subject, network, network_files)
    left_out = [part for name in without for part in _PARTS[name]]
    entries = {name: figures.without(left_out) for name, figures in found.entries.items()}
    held = _with_spread(entries, output, spread_of)
    classes = {} if "quality" in without else found.classes
    baselines.save_baseline(held, output, made_with(), tolerances=allowed, classes=classes)
    if as_json:
        print_json({"file": str(output), "entries": sorted(held)}, "baseline-save")
    else:
        say(f"{counted(len(held))} saved in {output}")


def _with_spread(
    entries: Mapping[str, Figures], output: Path, spread_of: Path | None
) -> Mapping[str, Figures]:
    """The entries with the spread between base models: of that run, or of the file that is replaced."""
    from prunebench import baselines
    from prunebench.eval.errors import InputError

    if spread_of is None:
        return (
            baselines.keeping_spread(entries, baselines.load_baseline(output).entries)
            if output.is_file()
            else entries
        )
    if all(figures.quality is None for figures in entries.values()):
        raise InputError(
            "`--spread` needs mAP values, and this baseline has none. Leave `--spread` out, or save a run with test "
            "scores."
        )
    if not spread_of.is_dir():
        raise InputError(
            f"`--spread` needs the folder of a run with six base models or more. There is no folder `{spread_of}`: "
            "make the run with `--set base.seeds=[0,1,2,3,4,5]`."
        )
    return baselines.with_spread(entries, figures_of(spread_of).entries, str(spread_of))


def _tolerances(output: Path, given: tuple[str, ...], reason: str) -> Tolerances:
    """Those of the file that is replaced, or the defaults, with the given ones on top."""
    from prunebench import baselines
    from prunebench.eval.errors import InputError

    if reason and not given:
        raise InputError(
            "`--reason` explains a tolerance, and none is given: give --tolerance NAME=VALUE too."
        )
    found = baselines.load_baseline(output).tolerances if output.is_file() else baselines.Tolerances()
    for text in given:
        name, equals, value = text.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not equals or number != number:
            raise click.UsageError(f"A tolerance must be NAME=NUMBER, such as quality=0.01. Found `{text}`.")
        found = found.with_tolerance(name, number, reason)
    return found
