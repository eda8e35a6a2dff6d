"""`prunebench prune`: filters out of one model for real."""

from __future__ import annotations

from pathlib import Path

import click

from prunebench.cli.completing import offered
from prunebench.cli.figure_names import figure_name, figure_text, share_text, size_text
from prunebench.cli.json_option import json_option
from prunebench.cli.model.calibration_options import (
    class_map_option,
    clips_option,
    open_clips,
    pruner_file_option,
)
from prunebench.cli.model.measure_tables import in_rows
from prunebench.cli.model.network_options import network_file_option, network_option, scope_option
from prunebench.cli.model.style_option import style_of, style_option
from prunebench.cli.output import print_table, say
from prunebench.cli.output_file import check_output
from prunebench.cli.printed.printing import print_json


@click.command(
    epilog="""
\b
Examples:
  prunebench prune Cnn14_mAP=0.431.pth --pruner l1 --ratio 0.5 -o pruned.pth
  prunebench prune model.pth --pruner random --seed 1 --ratio 0.25 --layers C1-C12 -o small.pth
  prunebench prune model.pth --pruner taylor --clips ESC-50 --ratio 0.5 -o pruned.pth
  prunebench prune Cnn14_mAP=0.431.pth --pruner taylor --clips ESC-50 --class-map esc50-to-audioset --ratio 0.5 -o p.pth
  prunebench prune model.pth --pruner scores:scores/l1 --ratio 0.5 -o pruned.safetensors
  prunebench prune Cnn14_mAP=0.431.pth --pruner operator_norm --ratio 0.5 --style state-dict -o epanns.pt
  prunebench prune model.pth --pruner "variance[fold=true]" --clips ESC-50 --ratio 0.5 -o folded.pth
  prunebench prune mine.pth --network-file mine.py --layers inner --pruner l1 --ratio 0.25 -o pruned.pth
"""
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "--pruner",
    required=True,
    help="Criterion: a name from `prunebench list pruners`, or scores:DIR with a folder from `prunebench score`.",
    shell_complete=offered.criterion,
)
@click.option("--ratio", type=float, help="Share of each layer's filters to remove, in [0, 1).")
@scope_option
@network_option
@network_file_option
@click.option("--seed", default=0, show_default=True, help="Seed of criteria that draw random numbers.")
@clips_option
@class_map_option
@pruner_file_option
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write.")
@style_option
@json_option("prune", what="Print the numbers as JSON.")
def prune(
    checkpoint: Path,
    pruner: str,
    ratio: float | None,
    layers: str | None,
    network: str | None,
    network_files: tuple[Path, ...],
    seed: int,
    clips: Path | None,
    class_map: str | None,
    pruner_files: tuple[Path, ...],
    output: Path,
    style: str | None,
    as_json: bool,
) -> None:
    """Remove filters from CHECKPOINT and save the smaller model.

    The filters are really removed, not set to zero. A criterion that chooses the number of filters itself takes no
    --ratio. The file records how the model was made.
    """
    from prunebench import __version__
    from prunebench.harness.budget.ratio import check_ratio
    from prunebench.harness.measuring.tagger_figures import tagger_figures
    from prunebench.harness.networks.cnn14 import Cnn14
    from prunebench.harness.networks.contract.tagger import Tagger
    from prunebench.harness.networks.file_hash import file_hash
    from prunebench.harness.networks.layers import scope_name
    from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint, save_any_checkpoint
    from prunebench.harness.networks.provenance import Provenance
    from prunebench.harness.pruning.folded_means import of_removed
    from prunebench.harness.pruning.prune import check_budget, lowest_of, scored
    from prunebench.harness.pruning.sources import resolve
    from prunebench.harness.pruning.surgery import remove_filters

    check_output(output, checkpoint, *network_files, *pruner_files)
    criterion = resolve(pruner, pruner_files)
    if ratio is not None:
        check_ratio(ratio)
    check_budget(criterion, ratio)
    parent = read_any_checkpoint(checkpoint, network, network_files)
    tagger = parent.tagger
    scope = tagger.scope(layers)
    asked = (
        scope_name(scope)
        if isinstance(tagger.model, Cnn14)
        else f"{layers or tagger.network.default_scope} ({len(scope)} of {len(tagger.groups)} groups)"
    )
    shown = open_clips(clips, tagger, [criterion], class_map)
    found = scored(tagger, criterion, scope, seed=seed, clips=shown)
    removed = lowest_of(found.scores, ratio)
    smaller = remove_filters(tagger.model, removed, tagger, of_removed(found.constants, removed))
    pruned = Tagger(tagger.network, smaller)
    provenance = Provenance(
        "pruned",
        __version__,
        {
            "criterion": criterion.label,
            "criterion_version": criterion.version,
            "ratio": ratio,
            "layers": asked,
            "seed": seed,
            "calibration_clips": len(shown) if shown else 0,
        },
        parent=file_hash(checkpoint),
        before=parent.provenance,
    )
    chosen = style or style_of(output)
    # A network that cannot be measured ends here, with no file.
    before, _ = tagger_figures(tagger, checkpoint)
    save_any_checkpoint(pruned, output, style=chosen, class_names=parent.class_names, provenance=provenance)
    columns = {"before": before, "after": tagger_figures(pruned, output)[0]}
    if as_json:
        print_json(columns, "prune")
        return
    say(f"Scope {asked}.")
    _print_figures(columns["before"], columns["after"])
    size = output.stat().st_size if output.is_file() else None  # a pipe has none
    say(f"Saved {output}{'' if size is None else f', {size_text(size)}'}.")


def _print_figures(before: dict[str, object], after: dict[str, object]) -> None:
    was, now = in_rows(before), in_rows(after)
    print_table(
        ["figure", "before", "after", "left"],
        [
            [
                figure_name(key),
                figure_text(key, was[key]),
                figure_text(key, now.get(key)),
                share_text(was[key], now.get(key)),
            ]
            for key in was
        ],
    )
