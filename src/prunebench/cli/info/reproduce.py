"""`prunebench reproduce`: a paper's claims beside what is measured here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prunebench.cli.info.reproduce_output import as_json_value, as_markdown, print_report
from prunebench.cli.output import print_json, say

if TYPE_CHECKING:
    from prunebench.harness.epanns.experiment import Outcome


@click.command(
    epilog="""
\b
Examples:
  prunebench reproduce epanns
  prunebench reproduce epanns --light -o epanns.md
  prunebench reproduce epanns --checkpoint Cnn14_mAP=0.431.pth --audioset AUDIOSET --work runs/epanns
  prunebench reproduce epanns --checkpoint Cnn14_mAP=0.431.pth --audioset AUDIOSET --limit 2000 \\
      --set finetune.steps=2000
"""
)
@click.argument("paper", type=click.Choice(["epanns"]))
@click.option("--light", is_flag=True, help="Leave out what is timed and measured on this machine.")
@click.option("--budget", default=8.0, show_default=True, help="Seconds for latency rounds.")
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), help="The published Cnn14, `prunebench data cnn14`."
)
@click.option("--released", type=click.Path(path_type=Path), help="E-PANNs' own, `prunebench data epanns`.")
@click.option("--audioset", type=click.Path(path_type=Path), help="Folder of `prunebench data audioset`.")
@click.option("--limit", type=click.IntRange(2), help="At most so many clips of each split, chosen by hash.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Key of the preset `epanns`.")
@click.option(
    "--work",
    default=Path("runs/epanns"),
    show_default=True,
    type=click.Path(path_type=Path),
    help="Run folder; the same command goes on from there, and `report` draws it.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the tables as Markdown, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reproduce(
    paper: str,
    light: bool,
    budget: float,
    checkpoint: Path | None,
    released: Path | None,
    audioset: Path | None,
    limit: int | None,
    overrides: tuple[str, ...],
    work: Path,
    output: Path | None,
    as_json: bool,
) -> None:
    """What E-PANNs claims, what follows from the architecture, and what a run finds.

    Without weights and data: parameters, size, MACs, memory and latency. With --checkpoint and --audioset: evaluation
    of the unpruned model, of the pruned ones before and after fine-tuning, by the released and the order-free
    criterion, and of the unpruned model fine-tuned as long, which the paper lacks.
    """
    from prunebench.baselines.papers import epanns
    from prunebench.eval.errors import InputError
    from prunebench.harness.epanns.arithmetic import machine_figures, shape_figures
    from prunebench.harness.epanns.findings import architecture_findings, quality_findings

    if (checkpoint is None) != (audioset is None):
        raise InputError(
            "The runs of `reproduce` need both --checkpoint and --audioset. Found one of them: give both, or neither "
            "for what follows from the architecture."
        )
    outcomes: list[Outcome] = []
    if checkpoint is not None and audioset is not None:
        outcomes = _run(checkpoint, released, audioset, limit, overrides, work)
    shapes = shape_figures(epanns.RATIOS)
    if not light:
        say("Timing and measuring four shapes on this machine; --light leaves it out.", err=True)
    machines = [] if light else machine_figures(shapes, budget)
    findings = [*architecture_findings(shapes, machines), *quality_findings(outcomes)]
    if output is not None:
        from prunebench.eval.files import write_text

        write_text(output, as_markdown(shapes, machines, findings, outcomes))
    if as_json:
        print_json(as_json_value(shapes, machines, findings, outcomes))
    else:
        print_report(shapes, machines, findings, outcomes)


def _run(
    checkpoint: Path,
    released: Path | None,
    audioset: Path,
    limit: int | None,
    overrides: tuple[str, ...],
    work: Path,
) -> list[Outcome]:
    from prunebench.cli.live_display import make_display
    from prunebench.harness.config.config import load_config
    from prunebench.harness.epanns.experiment import outcomes, released_outcome, run_experiment

    sizes = (
        []
        if limit is None
        else [f"data.{split}_clips={limit}" for split in ("training", "validation", "test")]
    )
    # Quoted: a folder may be called 2023.
    files = [f"data.root={json.dumps(str(audioset))}", f"model.checkpoint={json.dumps(str(checkpoint))}"]
    config = load_config("epanns", [*files, *sizes, *overrides])
    with make_display() as display:
        summary = run_experiment(config, work, [display])
    if summary.failed:
        say(f"{summary.failed} of {summary.cells} cells failed: see {work}/failures.log", err=True)
    own = [] if released is None else [released_outcome(config, released, work)]
    return [*own, *outcomes(config, work)]
