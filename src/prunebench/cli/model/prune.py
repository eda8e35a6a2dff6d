"""`prunebench prune`: filters out of one model for real."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.model.calibration_options import clips_option, open_clips, pruner_file_option
from prunebench.cli.model.style_option import style_of, style_option
from prunebench.cli.output import print_json, print_table


@click.command(
    epilog="""
\b
Examples:
  prunebench prune Cnn14_mAP=0.431.pth --pruner l1 --ratio 0.5 -o pruned.pth
  prunebench prune model.pth --pruner random --seed 1 --ratio 0.25 --layers C1-C12 -o small.pth
  prunebench prune model.pth --pruner taylor --clips ESC-50 --ratio 0.5 -o pruned.pth
  prunebench prune model.pth --pruner scores:scores/l1 --ratio 0.5 -o pruned.safetensors
  prunebench prune Cnn14_mAP=0.431.pth --pruner operator_norm --ratio 0.5 --style state-dict -o epanns.pt
"""
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--pruner", required=True, help="Criterion; see `prunebench list pruners`, or scores:DIR.")
@click.option("--ratio", type=float, help="Share of each layer's filters to remove, in [0, 1).")
@click.option("--layers", default="C7-C12", show_default=True, help="Scope.")
@click.option("--seed", default=0, show_default=True, help="Of criteria that draw random numbers.")
@clips_option
@pruner_file_option
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write.")
@style_option
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def prune(
    checkpoint: Path,
    pruner: str,
    ratio: float | None,
    layers: str,
    seed: int,
    clips: Path | None,
    pruner_files: tuple[Path, ...],
    output: Path,
    style: str | None,
    as_json: bool,
) -> None:
    """Remove filters from CHECKPOINT for real and save the smaller model.

    A criterion that chooses how many filters go takes no --ratio. The file says how it was made.
    """
    from prunebench import __version__
    from prunebench.harness.budget.ratio import check_ratio
    from prunebench.harness.measuring.exact_figures import exact_figures
    from prunebench.harness.networks.checkpoint import read_checkpoint, save_checkpoint
    from prunebench.harness.networks.layers import parse_scope, scope_name
    from prunebench.harness.networks.provenance import Provenance, file_hash
    from prunebench.harness.pruning.prune import check_budget
    from prunebench.harness.pruning.prune import prune as prune_model
    from prunebench.harness.pruning.sources import resolve

    criterion = resolve(pruner, pruner_files)
    if ratio is not None:
        check_ratio(ratio)
    check_budget(criterion, ratio)
    scope = scope_name(parse_scope(layers))
    parent = read_checkpoint(checkpoint)
    shown = open_clips(clips, parent.model, [criterion])
    pruned = prune_model(parent.model, criterion, ratio, layers, seed=seed, clips=shown)
    provenance = Provenance(
        "pruned",
        __version__,
        {
            "criterion": criterion.label,
            "criterion_version": criterion.version,
            "ratio": ratio,
            "layers": scope,
            "seed": seed,
            "calibration_clips": len(shown) if shown else 0,
        },
        parent=file_hash(checkpoint),
        before=parent.provenance,
    )
    chosen = style or style_of(output)
    save_checkpoint(pruned, output, style=chosen, class_names=parent.class_names, provenance=provenance)
    files = {"before": (parent.model, checkpoint), "after": (pruned, output)}
    columns = {
        column: {"widths": list(model.widths), **exact_figures(model, file)[0]}
        for column, (model, file) in files.items()
    }
    _print_figures(columns, as_json=as_json)


def _print_figures(columns: dict[str, dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        print_json(columns if len(columns) > 1 else next(iter(columns.values())))
        return
    names = next(iter(columns.values()))
    print_table(
        ["figure", *columns],
        [[name, *(_written(column.get(name, "–")) for column in columns.values())] for name in names],
    )


def _written(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
