"""From scores to the filters that a cell removes, and to the job that computes it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.memory import peak_growth
from prunebench.harness.bases import BaseJob, load_base
from prunebench.harness.budget import filters_outside, filters_to_remove, parse_scope, removal_count
from prunebench.harness.cache import Cache
from prunebench.harness.config import Config
from prunebench.harness.model import LAYERS
from prunebench.harness.outcome import Finetuning, OutcomeJob, Progress
from prunebench.harness.plan import Cell
from prunebench.harness.resolve import content_hash, resolve
from prunebench.harness.scoring import score_layers
from prunebench.harness.splits import split_features, split_targets
from prunebench.pruners.contract import COLLECTED


@dataclass(frozen=True)
class ScoringJob:
    """One criterion on one base model.

    Args:
        base: the base model.
        criterion: label of the pruner.
        seed: of the pruner's random numbers, `None` if it draws none.
        layers: to score.
        calibration_clips: how many training clips a pruner sees that needs them.
        files: Python files that define pruners.
        content: hash of the file behind the criterion when the plan was made, if there is one.
    """

    base: BaseJob
    criterion: str
    seed: int | None
    layers: tuple[str, ...]
    calibration_clips: int
    files: tuple[str, ...] = ()
    content: str | None = None

    @property
    def key(self) -> str:
        """What its scores are filed under."""
        return scoring_key(self.base.identity, self.criterion, self.seed)


@dataclass(frozen=True)
class Scoring:
    """Scores by layer, the seconds and bytes they took, and whether they are a set of filters to keep."""

    scores: Mapping[str, NDArray[np.float64]]
    seconds: float
    peak_bytes: int = 0
    own_budget: bool = False


def scoring_key(base: str, criterion: str, seed: int | None) -> str:
    """Name of a (base model, criterion, seed)."""
    return f"{base} {criterion} {seed}"


def score_base(job: ScoringJob, cache: Cache, progress: Progress | None = None) -> Scoring:
    """Scores of a base model's filters; calibration sees training clips only."""
    pruner = resolve(job.criterion, job.files)
    if content_hash(pruner) != job.content:
        raise InputError(
            f"The file behind criterion `{job.criterion}` must stay as it is while a run is under way. Found it "
            "changed: run again."
        )
    model = load_base(job.base, cache)
    features = targets = None
    if pruner.needs & COLLECTED:
        every = split_features(job.base.data, "training", cache)
        rows = np.sort(np.random.default_rng(0).permutation(len(every))[: job.calibration_clips])
        features, targets = every[rows], split_targets(job.base.data, "training")[rows]
    started = time.perf_counter()
    found, peak = peak_growth(
        lambda: score_layers(
            model, pruner, job.layers, seed=job.seed or 0, features=features, targets=targets
        )
    )
    seconds = time.perf_counter() - started
    scores = {layer: values.double().numpy() for layer, values in found.items()}
    return Scoring(scores, seconds, peak, pruner.own_budget)


def outcome_job(
    config: Config, cell: Cell, base: BaseJob, rate: float | None, scoring: Scoring | None
) -> OutcomeJob:
    """The job that computes a cell.

    Args:
        config: the sweep.
        cell: of the plan.
        base: job of its base model.
        rate: of the fine-tuning, `None` for a cell without.
        scoring: of the base model, `None` for a cell without a criterion.
    """
    removed: dict[str, tuple[int, ...]] = {}
    if cell.control == "scratch":
        # Only the shape matters here: which filters went does not show in new weights.
        removed = {
            layer: tuple(range(removal_count(base.widths[LAYERS.index(layer)], cell.ratio)))
            for layer in parse_scope(cell.scope)
        }
    elif scoring is not None:
        removed = {layer: _removed(cell, scoring, layer) for layer in parse_scope(cell.scope)}
    finetuning = None
    if cell.finetune_scope != "none":
        assert rate is not None
        assert cell.finetune_seed is not None
        scope = cast(Literal["tail", "all"], cell.finetune_scope)
        finetuning = Finetuning(scope, config.finetune.recipe(rate), cell.finetune_seed)
    clips = config.prune.recalibration_clips if scoring is not None else 0
    return OutcomeJob(base, removed, finetuning, cell.control == "scratch", clips)


def _removed(cell: Cell, scoring: Scoring, layer: str) -> tuple[int, ...]:
    scores = torch.from_numpy(scoring.scores[layer])
    if scoring.own_budget:
        return filters_outside(scores)
    return filters_to_remove(-scores if cell.control == "reversed" else scores, cell.ratio)
