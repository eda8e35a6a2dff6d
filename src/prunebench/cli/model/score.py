"""`prunebench score`: scores of every filter, and how far criteria agree."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import click

from prunebench.cli.completing import offered
from prunebench.cli.json_option import json_option
from prunebench.cli.model.calibration_options import (
    class_map_option,
    clip_arrays,
    clips_option,
    pruner_file_option,
)
from prunebench.cli.model.network_options import network_file_option, network_option, scope_option
from prunebench.cli.output import print_table, say
from prunebench.cli.printed.printing import print_json
from prunebench.eval.text.written_labels import written

if TYPE_CHECKING:
    from torch import Tensor

    from prunebench.eval.quality.agreement import Agreement
    from prunebench.harness.pruning.scoring import Scored
    from prunebench.pruners.contract import Pruner

EXAMPLES = """
\b
Examples:
  prunebench score Cnn14_mAP=0.431.pth --pruner operator_norm -o scores/operator_norm
  prunebench score model.pth --pruner taylor --clips ESC-50 --npy -o scores/taylor
  prunebench score model.pth --compare l1,operator_norm,tp:magnitude,random -o agreement
  prunebench score mine.pth --network-file mine.py --layers all --pruner l1 -o scores/l1
"""


@click.command(epilog=EXAMPLES)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "--pruner",
    help="Criterion whose scores are written; see `prunebench list pruners`.",
    shell_complete=offered.criterion,
)
@click.option(
    "--compare",
    metavar="A,B,…",
    help="Criteria to compare with each other, and with --pruner.",
    shell_complete=offered.listed_criteria,
)
@scope_option
@network_option
@network_file_option
@click.option(
    "--ratios",
    default="0.25,0.5,0.75",
    show_default=True,
    help="Ratios at which --compare counts the removed filters that criteria have in common, separated by "
    "commas.",
)
@click.option("--seed", default=0, show_default=True, help="Seed of criteria that draw random numbers.")
@clips_option
@class_map_option
@pruner_file_option
@click.option(
    "--npy",
    is_flag=True,
    help="Also write the order of the filters by score, as E-PANNs does: a file sim_indexN.npy for each layer.",
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@json_option("score", what="Print what was written as JSON.")
def score(
    checkpoint: Path,
    pruner: str | None,
    compare: str | None,
    layers: str | None,
    network: str | None,
    network_files: tuple[Path, ...],
    ratios: str,
    seed: int,
    clips: Path | None,
    class_map: str | None,
    pruner_files: tuple[Path, ...],
    npy: bool,
    output: Path,
    as_json: bool,
) -> None:
    """Score the filters of CHECKPOINT: a file for each layer, with the order from least to most important.

    `run` takes the folder as the criterion scores:DIR, `prune` as --pruner scores:DIR. With --compare, the command
    writes rank correlations and the overlap of the removed filters, as tables and heat maps.
    """
    from prunebench.eval.errors import InputError
    from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint
    from prunebench.harness.pruning.scoring import scored_layers
    from prunebench.harness.pruning.sources import resolve

    labels = list(dict.fromkeys([*([pruner] if pruner else []), *split_labels(compare or "")]))
    if not labels or (compare is not None and len(labels) < 2):
        raise InputError(
            "`prunebench score` needs one criterion (--pruner NAME), or several to compare with each other "
            f"(--compare A,B). Found {len(labels)}."
        )
    pruners = {label: resolve(label, pruner_files) for label in labels}
    shares = _ratios(ratios)
    tagger = read_any_checkpoint(checkpoint, network, network_files).tagger
    scope = tagger.scope(layers)
    _check_order_files(scope, npy=npy)
    features, targets = clip_arrays(clips, tagger, list(pruners.values()), class_map)
    every = {
        label: scored_layers(tagger, criterion, scope, seed=seed, features=features, targets=targets)
        for label, criterion in pruners.items()
    }
    found = {label: scored.scores for label, scored in every.items()}
    files: list[Path] = []
    agreements: list[Agreement] = []
    if pruner:
        files += _write_scores(pruners[pruner], every[pruner], checkpoint, seed, output, npy=npy)
    if compare is not None:
        from prunebench.harness.pruning.criteria_compared import compare_scores
        from prunebench.reports.write_agreement import write_agreement

        own = [label for label, criterion in pruners.items() if criterion.own_budget]
        agreements = compare_scores(found, shares, own_budget=own)
        files += write_agreement(agreements, output)
    _say(found, agreements, files, as_json=as_json)


def split_labels(text: str) -> list[str]:
    """Labels between commas; commas inside brackets belong to a label: `"a[x=1,y=2],b"`."""
    labels, depth = [""], 0
    for sign in text:
        depth += (sign == "[") - (sign == "]")
        if sign == "," and depth == 0:
            labels.append("")
        else:
            labels[-1] += sign
    return [label.strip() for label in labels if label.strip()]


def _ratios(text: str) -> list[float]:
    from prunebench.eval.errors import InputError
    from prunebench.harness.budget.ratio import check_ratio

    try:
        return [check_ratio(float(part)) for part in text.split(",")]
    except InputError:
        raise
    except ValueError as error:
        raise InputError(
            f"`--ratios` must be numbers in [0, 1), separated by commas, such as 0.25,0.5. Found `{text}`."
        ) from error


def _check_order_files(scope: Sequence[str], *, npy: bool) -> None:
    from prunebench.eval.errors import InputError
    from prunebench.harness.networks.layers import LAYERS

    if npy and not set(scope) <= set(LAYERS):
        raise InputError(
            "`--npy` writes the orders that E-PANNs uses, which exist only for the layers of a Cnn14: leave the "
            "option out."
        )


def _write_scores(
    pruner: Pruner, found: Scored, checkpoint: Path, seed: int, folder: Path, *, npy: bool
) -> list[Path]:
    """The scores, and beside them what they were made with."""
    from prunebench import __version__
    from prunebench.eval.files import write_text
    from prunebench.harness.networks.file_hash import file_hash
    from prunebench.harness.pruning.score_files import write_scores

    made_with = {
        "criterion": pruner.label,
        "version": pruner.version,
        "seed": seed if "generator" in pruner.needs else None,
        "checkpoint": checkpoint.name,
        "checkpoint_sha256": file_hash(checkpoint),
        "filters": {layer: len(values) for layer, values in found.scores.items()},
        "prunebench": __version__,
    }
    scores, constants = (
        {layer: values.double().numpy() for layer, values in given.items()}
        for given in (found.scores, found.constants)
    )
    files = write_scores(folder, scores, npy=npy, constants=constants)
    write_text(folder / "scores.json", json.dumps(made_with, indent=1))
    return [*files, folder / "scores.json"]


def _say(
    scores: Mapping[str, Mapping[str, Tensor]],
    agreements: Sequence[Agreement],
    files: Sequence[Path],
    *,
    as_json: bool,
) -> None:
    if as_json:
        filters = {layer: len(values) for layer, values in next(iter(scores.values())).items()}
        held = [dataclasses.asdict(row) for row in agreements]
        print_json({"filters": filters, "agreement": held, "files": [str(file) for file in files]}, "score")
        return
    if agreements:
        ratios = list(agreements[0].overlap)
        headings = ["criterion", "other", "τ", "ρ", *(f"{ratio:.0%}" for ratio in ratios)]
        print_table(headings, _means(agreements, ratios))
        say(
            "Means over layers: Kendall's τ, Spearman's ρ, and at each ratio the share of removed filters that both "
            "have in common. By chance alone, that share is the ratio.",
            err=True,
        )
    else:
        label, found = next(iter(scores.items()))
        rows = [
            [layer, str(len(values)), f"{float(values.min()):.4g}", f"{float(values.max()):.4g}"]
            for layer, values in found.items()
        ]
        print_table([f"{written(label)}: layer", "filters", "least score", "greatest score"], rows)
    say(f"{len(files)} file{'s' * (len(files) != 1)} in {files[0].parent}", err=True)


def _means(agreements: Sequence[Agreement], ratios: Sequence[float]) -> list[list[str]]:
    """A row a pair: means over the layers."""
    pairs = dict.fromkeys((row.a, row.b) for row in agreements)
    found = []
    for a, b in pairs:
        rows = [row for row in agreements if (row.a, row.b) == (a, b)]
        columns = [[row.kendall_tau for row in rows], [row.spearman_rho for row in rows]]
        columns += [[row.overlap[ratio] for row in rows] for ratio in ratios]
        means = [fmean(values) for values in columns]
        found.append(
            [
                written(a),
                written(b),
                *("–" if math.isnan(value) else f"{value:.2f}" for value in means),
            ]
        )
    return found
