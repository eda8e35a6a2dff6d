"""`prunebench check` and `prunebench baseline save`: the gate on compression."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prunebench.cli.output import print_json, print_table

if TYPE_CHECKING:
    from prunebench.baselines import Figures


@click.command(
    epilog="""
\b
Examples:
  prunebench check runs/quick --baseline baselines/quick.json
  prunebench check pruned.pth --baseline baselines/cnn14/l1-50.json
"""
)
@click.argument("subject", metavar="RUN|CHECKPOINT", type=click.Path(path_type=Path))
@click.option("--baseline", "file", required=True, type=click.Path(path_type=Path), help="Baseline file.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
@click.pass_context
def check(ctx: click.Context, subject: Path, file: Path, as_json: bool) -> None:
    """Hold the exact figures of a run or checkpoint against a baseline.

    Compares parameters, MACs in both conventions, parameter bytes and the widths of all layers. Exit code 0:
    holds (improvements are listed); 1: regressed; 2: could not tell.
    """
    from prunebench import baselines

    held = baselines.load_baseline(file)
    changes = baselines.check(_figures(subject), held)
    verdict = baselines.verdict_of(changes)
    if as_json:
        print_json(
            {
                "verdict": verdict.name.lower(),
                "exit_code": int(verdict),
                "changes": [dict(zip(baselines.COLUMNS, change.as_row(), strict=True)) for change in changes],
            }
        )
    else:
        if changes:
            print_table(baselines.COLUMNS, [change.as_row() for change in changes])
        click.echo(f"{verdict.name.lower().replace('_', ' ')}: {len(held.entries)} entries of {file}")
    ctx.exit(int(verdict))


@click.group()
def baseline() -> None:
    """Baseline files for `prunebench check`."""


@baseline.command(epilog="\b\nExample:\n  prunebench baseline save runs/quick -o baselines/quick.json")
@click.argument("subject", metavar="RUN|CHECKPOINT", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write.")
@click.option("--json", "as_json", is_flag=True, help="Print what was saved as JSON.")
def save(subject: Path, output: Path, as_json: bool) -> None:
    """Save the exact figures of a run or checkpoint as what `check` holds."""
    from prunebench import __version__, baselines

    entries = _figures(subject)
    command = shlex.join(["prunebench", *sys.argv[1:]])
    baselines.save_baseline(entries, output, baselines.MadeWith(__version__, command))
    if as_json:
        print_json({"file": str(output), "entries": sorted(entries)})
    else:
        click.echo(f"{len(entries)} entries saved in {output}")


def _figures(subject: Path) -> Mapping[str, Figures]:
    from prunebench import baselines
    from prunebench.eval.record import load_records

    if subject.is_dir():
        return baselines.entries_of_run(load_records(subject))
    from prunebench.eval.complexity import count_macs, count_parameters, parameter_bytes
    from prunebench.harness.checkpoint import load_checkpoint

    model = load_checkpoint(subject)
    macs = count_macs(model)
    found = baselines.Figures(
        widths=model.widths,
        parameters=count_parameters(model),
        parameter_bytes=parameter_bytes(model),
        macs_backbone=macs.backbone,
        macs_with_frontend=macs.with_frontend,
    )
    return {baselines.MODEL_ENTRY: found}
