"""What the criteria with the five lowest means have in common: `python docs/_five_lowest.py [BASE_SEED...]`.

Of base models that were trained for 700 steps (made if the cache lacks them), on the calibration clips of the preset
`criteria`:

- Spearman's correlation of each criterion's scores with the filters' mean activation (after batch norm and ReLU, over
  clips, frames and mels), the mean over C7 … C12 and base models;
- the participation ratio of the quarter of C12 that each criterion keeps with 75 % removed: with the eigenvalues λ of
  the covariance, over clips, of the filters' mean activations in a clip, (Σ λ)² / Σ λ². It is the number of directions
  in which the kept filters vary, low where they are redundant. Of `random` the mean over its three seeds.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from statistics import fmean
from typing import Any, ClassVar

import numpy as np
import torch
from scipy.stats import spearmanr

from prunebench.harness import load_config
from prunebench.harness.budget.ratio import lowest, removal_count
from prunebench.harness.cells.base_job import base_job, load_base
from prunebench.harness.cells.base_model import build_base
from prunebench.harness.data.features.splits import opened, split_features, split_targets
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.pruning.scoring import score_layers
from prunebench.harness.workspace.cache import Cache, default_cache
from prunebench.pruners.contract import LayerView, Need, Pruner

LAYERS = ("C7", "C8", "C9", "C10", "C11", "C12")
FIVE = ("energy", "apoz", "chip", "hrank", "entropy")
KEPT = 0.25
FORMER = ("base.converge=false", "base.steps=700", "finetune.converge=false")  # before the preset converged


@dataclass(frozen=True)
class MeanActivations(Pruner):
    """Mean activation of each filter in each clip, kept in `seen`: (filters, clips)."""

    name: ClassVar[str] = "mean_activations"
    reference: ClassVar[str] = "none"
    needs: ClassVar[frozenset[Need]] = frozenset({"activations"})

    def observe(self, layer: LayerView, seen: Any) -> Any:
        """One column more a clip."""
        pooled = layer.activations.mean((2, 3)).T
        return pooled if seen is None else torch.cat([seen, pooled], 1)

    def score(self, layer: LayerView) -> torch.Tensor:
        """Mean over clips; the columns are in `SEEN`."""
        SEEN[layer.name] = layer.observed.double().numpy()
        return layer.observed.mean(1)


SEEN: dict[str, np.ndarray] = {}


def participation_ratio(columns: np.ndarray) -> float:
    """Of the covariance between rows, (filters, clips)."""
    values = np.linalg.eigvalsh(np.cov(columns))
    return float(values.sum() ** 2 / (values**2).sum())


def main() -> None:
    """Print a line a criterion."""
    config = load_config("criteria", FORMER)
    criteria = [name for name in config.prune.criteria if name not in ("random", "rank1_cosine_released")]
    seeds = [int(seed) for seed in sys.argv[1:]] or list(config.base.seeds)
    cache = Cache(default_cache())
    plan = make_plan(config, [opened(options) for options in config.data_sets()])
    alike: dict[str, list[float]] = {}
    ratios: dict[str, list[float]] = {}
    for base in dict.fromkeys(cell.base for cell in plan.cells if cell.base.seed in seeds):
        job = base_job(config, base, config.data_sets()[base.data], plan.subjects[base.subject])
        build_base(job, cache)
        model = load_base(job, cache)
        every = split_features(job.data, "training", cache)
        rows = np.sort(np.random.default_rng(0).permutation(len(every))[: config.prune.calibration_clips])
        shown = {"features": every[rows], "targets": split_targets(job.data, "training")[rows]}
        means = score_layers(model, MeanActivations(), LAYERS, **shown)
        count = removal_count(len(means["C12"]), 1 - KEPT)

        def kept(scores: torch.Tensor, count: int = count) -> float:
            gone = set(lowest(scores, count))
            return participation_ratio(SEEN["C12"][[i for i in range(len(scores)) if i not in gone]])

        for name in criteria:
            scores = score_layers(model, config.prune.pruner(name), LAYERS, **shown)
            found = [spearmanr(scores[layer].numpy(), means[layer].numpy())[0] for layer in LAYERS]
            alike.setdefault(name, []).append(fmean(found))
            ratios.setdefault(name, []).append(kept(scores["C12"]))
        for seed in config.prune.seeds:
            scores = score_layers(model, config.prune.pruner("random"), LAYERS, seed=seed)
            ratios.setdefault("random", []).append(kept(scores["C12"]))
    print(f"base seeds {', '.join(map(str, seeds))}")
    for name in sorted(alike, key=lambda name: -fmean(alike[name])):
        mark = "*" if name in FIVE else " "
        print(
            f"{mark} {name:24} correlation {fmean(alike[name]):+.2f}, participation ratio {fmean(ratios[name]):.1f}"
        )
    print(f"  random, participation ratio {fmean(ratios['random']):.1f}")


if __name__ == "__main__":
    main()
