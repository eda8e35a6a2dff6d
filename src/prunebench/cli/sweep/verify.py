"""`prunebench verify`: whether an archive of someone else holds what it says."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.completing import offered
from prunebench.cli.completing.settings import settings
from prunebench.cli.json_option import json_option
from prunebench.cli.live_display import make_display
from prunebench.cli.output import print_table, say, say_text
from prunebench.cli.plugin_files import plugin_files
from prunebench.cli.printed.printing import print_json


@click.command(
    epilog="\b\nExamples:\n"
    "  prunebench verify results/mine\n"
    "  prunebench verify results/mine --sample 10 --seed 1\n"
    "  prunebench verify results/mine --sample 0\n"
    "  prunebench verify results/mn04 --set data.root=ESC-10 --set model.checkpoint=mn04_as_mAP_432.pt"
)
@click.argument("archive", type=click.Path(path_type=Path), shell_complete=offered.run_folder)
@click.option(
    "--sample",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    metavar="N",
    help="Cells to compute again; 0: none.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of the random choice of these cells.",
)
@settings("Place of data or a checkpoint on this machine, for example data.root=ESC-10; repeatable.")
@plugin_files("--pruner-file", "that defines criteria of the archive; a copy in the archive is never run")
@json_option("verify", what="Print the findings as JSON.")
@click.pass_context
def verify(
    ctx: click.Context,
    archive: Path,
    sample: int,
    seed: int,
    overrides: tuple[str, ...],
    pruner_files: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Check that the files of ARCHIVE agree, and compute some of its cells again.

    Every file is read strictly, and unknown files are not allowed. The archive must state its environment; the
    identities of cells must follow from the configuration; records, average precisions, curves, removed filters
    and costs must agree. Then a random sample of the cells on frozen base models, or on a checkpoint, is computed
    again in a temporary folder. With the processor and torch of the archive the results must be identical,
    otherwise mAP must be within 0.01. You can check a run folder in the same way before you archive it. Exit code
    0: all checks passed; 1: something differs; 2: could not tell.
    """
    from prunebench.cli.completing.config_keys import check_keys

    check_keys(overrides)  # before what follows loads torch

    from prunebench.harness.verification.verify import verify_archive

    with make_display() as display:
        found = verify_archive(
            archive,
            sample=sample,
            seed=seed,
            overrides=overrides,
            pruner_files=pruner_files,
            displays=[display],
        )
    if as_json:
        print_json(found.to_json(), "verify")
    else:
        print_table(
            ["check", "verdict", "found"],
            [(f.check, f.verdict.words, f.said) for f in found.findings],
            names=True,
        )
        for cell in found.sample:
            what = cell.error or (
                "same to the last bit" if cell.exact else f"{cell.difference:+.6f}, {cell.where}"
            )
            say_text(f"{cell.name}: {what}")
        for note in found.notes:
            say_text(f"Note: {note}")
        say(f"{found.verdict.words}: {archive}")
    ctx.exit(int(found.verdict))
