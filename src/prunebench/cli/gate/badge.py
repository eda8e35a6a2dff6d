"""`prunebench badge`: an SVG that says how much smaller a checkpoint is than another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from prunebench.cli.choice import Choice
from prunebench.cli.completing import offered
from prunebench.cli.gate.subject import figures_of
from prunebench.cli.json_option import json_option
from prunebench.cli.model.network_options import network_file_option, network_of
from prunebench.cli.output import say
from prunebench.cli.output_file import check_output
from prunebench.cli.printed.printing import print_json

if TYPE_CHECKING:
    from prunebench.baselines import Figures

_PATH = click.Path(path_type=Path)
FIGURES = {  # as `--figure` takes them → field of the figures, and what the badge calls it
    "parameters": ("parameters", "parameters"),
    "macs": ("macs_backbone", "MACs"),
    "macs-with-frontend": ("macs_with_frontend", "MACs with front end"),
    "bytes": ("file_bytes", "bytes"),
}


@click.command(
    epilog="\b\nExamples:\n"
    "  prunebench badge pruned.pth --against Cnn14_mAP=0.431.pth -o badge.svg\n"
    "  prunebench badge pruned.pth --against base.pth --figure macs --label tagger -o badge.svg\n"
    '  prunebench badge small.pt --against mn04.pt --network "mn[width=0.4]" -o badge.svg'
)
@click.argument("checkpoint", type=_PATH, shell_complete=offered.run_or_checkpoint)
@click.option(
    "--against",
    required=True,
    type=_PATH,
    help="The unpruned checkpoint.",
    shell_complete=offered.run_or_checkpoint,
)
@click.option(
    "--figure",
    type=Choice(tuple(FIGURES)),
    default="parameters",
    show_default=True,
    help="The cost that is compared: parameters, MACs of the backbone, MACs with the front end, or bytes of the "
    "files.",
)
@click.option("--label", default="compression", show_default=True, help="Text of the left part of the badge.")
@click.option("-o", "--output", required=True, type=_PATH, help="SVG file to write.")
@network_of("both checkpoints")
@network_file_option
@json_option("badge", what="Print the numbers of the badge as JSON.")
def badge(
    checkpoint: Path,
    against: Path,
    figure: str,
    label: str,
    output: Path,
    network: str | None,
    network_files: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Write a badge that shows how much smaller CHECKPOINT is than another, such as 3.47× fewer parameters.

    The same checkpoints give the same file, so a job can commit it. A saving is rounded down, an increase is
    rounded up.
    """
    from prunebench.baselines.gate.badge_image import badge_svg, ratio_said
    from prunebench.baselines.gate.comparable import classes_differ
    from prunebench.eval.errors import InputError
    from prunebench.eval.files import write_text
    from prunebench.eval.text.plain import plain

    label = label.strip()
    if not 1 <= len(label) <= LONGEST:
        raise InputError(f"`--label` must have 1 to {LONGEST} characters. Found {len(label)}.")
    if output.suffix != ".svg" and not output.is_dir():
        raise InputError(f"A badge is an SVG file. Found `{output}`: give -o a name that ends in `.svg`.")
    check_output(output, checkpoint, against, *network_files)
    field, called = FIGURES[figure]
    models: list[Figures] = []
    for file in (against, checkpoint):
        if file.is_dir():
            raise InputError(f"A badge compares two checkpoints. Found the folder `{file}`: give a file.")
        models += figures_of(file, network, network_files).entries.values()
    if classes_differ(*models):
        raise InputError(
            f"A badge compares two models with the same classes. `{against}` has {models[0].n_classes:,} and "
            f"`{checkpoint}` has {models[1].n_classes:,}: give the unpruned model with the same classes."
        )
    before, after = (int(getattr(model, field)) for model in models)
    write_text(output, badge_svg(called, before, after, label=plain(label)))
    said, _ = ratio_said(before, after, called)
    if as_json:
        told = {"file": str(output), "figure": figure, "before": before, "after": after}
        print_json({**told, "ratio": before / after, "says": said}, "badge")
    else:
        say(f"Saved {output}: {said}.")


LONGEST = 60  # characters of a label
