"""`prunebench reproduce`: a paper's claims beside what is measured here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from prunebench.cli.choice import Choice
from prunebench.cli.completing.settings import settings
from prunebench.cli.info.reproduce_output import as_json_value, as_markdown, print_report
from prunebench.cli.json_option import json_option
from prunebench.cli.output import say
from prunebench.cli.output_file import check_output
from prunebench.cli.printed.printing import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prunebench.harness.config.config import Config
    from prunebench.harness.epanns.arithmetic import MachineFigures, ShapeFigures
    from prunebench.harness.epanns.experiment import EvaluatedModel

RUN_OPTIONS = {"released": "--released", "limit": "--limit", "overrides": "--set", "work": "--work"}


@click.command(
    epilog="""
\b
Examples:
  prunebench reproduce epanns
  prunebench reproduce epanns -o epanns.md
  prunebench reproduce epanns --full
  prunebench reproduce epanns --checkpoint Cnn14_mAP=0.431.pth --audioset AUDIOSET --work runs/epanns
  prunebench reproduce epanns --checkpoint Cnn14_mAP=0.431.pth --audioset AUDIOSET --limit 2000 \\
      --set finetune.steps=2000
"""
)
@click.argument("paper", type=Choice(["epanns"]))
@click.option(
    "--light/--full",
    default=True,
    show_default=True,
    help="--full also measures time and memory of four models on this machine.",
)
@click.option(
    "--budget", default=8.0, show_default=True, help="Seconds for latency rounds; only with --full."
)
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), help="Published Cnn14, from `prunebench data cnn14`."
)
@click.option(
    "--released", type=click.Path(path_type=Path), help="E-PANNs' checkpoint, from `prunebench data epanns`."
)
@click.option("--audioset", type=click.Path(path_type=Path), help="Folder from `prunebench data audioset`.")
@click.option("--limit", type=click.IntRange(2), help="Use at most this many clips of each split.")
@settings("Override a key of the preset `epanns`; repeatable.")
@click.option(
    "--work",
    default=Path("runs/epanns"),
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder of the runs; the same command continues them, and `prunebench report` draws them.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Also write the tables as Markdown.")
@json_option("reproduce")
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
    """Compare the claims of E-PANNs with what follows from the architecture and what a run measures.

    Without weights and data: parameters, size and MACs; with --full also latency and memory on this machine. With
    --checkpoint and --audioset: the mAP of the unpruned model, of the pruned models before and after fine-tuning,
    by the released and the order-free criterion, and of the unpruned model fine-tuned for the same time, a control
    that the paper does not have.
    """
    from prunebench.cli.completing.config_keys import check_keys

    check_keys(overrides)  # before what follows loads torch

    from prunebench.baselines.papers import epanns
    from prunebench.eval.errors import InputError
    from prunebench.harness.epanns.arithmetic import shape_figures
    from prunebench.harness.epanns.claims_checked import architecture_findings, quality_findings

    if light and click.get_current_context().get_parameter_source("budget") is ParameterSource.COMMANDLINE:
        raise InputError(
            "`--budget` sets the time for latency rounds, which only --full measures. Give --full too."
        )
    if (checkpoint is None) != (audioset is None):
        raise InputError(
            "The runs of `reproduce` need both --checkpoint and --audioset. Found one of them: give both, or "
            "neither to check only the claims that follow from the architecture."
        )
    if checkpoint is None:
        _check_no_run_options(click.get_current_context())
    check_output(output, checkpoint, released)
    outcomes: list[EvaluatedModel] = []
    if checkpoint is not None and audioset is not None:
        outcomes = _run(checkpoint, released, audioset, limit, overrides, work)
    shapes = shape_figures(epanns.RATIOS)
    machines = [] if light else _measured(shapes, budget)
    findings = [*architecture_findings(shapes, machines), *quality_findings(outcomes)]
    if output is not None:
        from prunebench.eval.files import write_text

        write_text(output, as_markdown(shapes, machines, findings, outcomes))
    if as_json:
        print_json(as_json_value(shapes, machines, findings, outcomes), "reproduce")
    else:
        print_report(shapes, machines, findings, outcomes)


def _measured(shapes: Sequence[ShapeFigures], budget: float) -> list[MachineFigures]:
    from prunebench.cli.live_display import make_display
    from prunebench.harness.engine.progress import Progress
    from prunebench.harness.epanns.arithmetic import machine_figures

    with make_display() as display:
        return machine_figures(shapes, budget, Progress([display]))


def _check_no_run_options(context: click.Context) -> None:
    """Options of the runs are refused where there are no runs: whoever gives them expects some."""
    from prunebench.eval.errors import InputError

    for name, option in RUN_OPTIONS.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise InputError(
                f"`{option}` is for the runs of `reproduce`, which need --checkpoint and --audioset. Found neither: "
                f"give both, or leave {option} out."
            )


def _run(
    checkpoint: Path,
    released: Path | None,
    audioset: Path,
    limit: int | None,
    overrides: tuple[str, ...],
    work: Path,
) -> list[EvaluatedModel]:
    from prunebench.cli.live_display import make_display
    from prunebench.harness.config.config import load_config
    from prunebench.harness.data.dataset import SPLITS
    from prunebench.harness.epanns.experiment import outcomes, run_experiment

    sizes = [] if limit is None else [f"data.{split}_clips={limit}" for split in SPLITS]
    # Quoted: a folder may be called 2023.
    files = [f"data.root={json.dumps(str(audioset))}", f"model.checkpoint={json.dumps(str(checkpoint))}"]
    config = load_config("epanns", [*files, *sizes, *overrides])
    with make_display() as display:
        summary = run_experiment(config, work, [display])
    if summary.failed:
        say(f"{summary.failed} of {summary.cells} cells failed: see {work}/failures.log", err=True)
    own = [] if released is None else [_of_released(config, released, work)]
    return [*own, *outcomes(config, work)]


def _of_released(config: Config, released: Path, work: Path) -> EvaluatedModel:
    from prunebench.cli.live_display import make_display
    from prunebench.harness.engine.progress import Progress
    from prunebench.harness.epanns.experiment import released_outcome

    phase = "released checkpoint"
    with make_display() as display:
        progress = Progress([display])
        progress.announce(phase, 1)
        progress.name(phase, phase)
        progress.step(phase, 0, 1)
        found = released_outcome(config, released, work)
        progress.finished(phase, test_map=found.test_map)
    return found
