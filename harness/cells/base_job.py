"""Base models of a plan: what it takes to make one, and what was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prunebench.eval.errors import InputError
from prunebench.eval.run.npz import read_arrays
from prunebench.harness.cells.stage_quality import SplitScores
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import opened, split_targets
from prunebench.harness.networks.checkpoint import load_checkpoint
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.plan.cell import Base
from prunebench.harness.plan.starting_point import StartingPoint, starting_point, unpruned
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.workspace.cache import Cache


@dataclass(frozen=True)
class BaseJob:
    """All it takes to make one base model.

    Args:
        identity: of the plan.
        data: options of the data set.
        widths, embedding: of the model.
        recipe: of its training.
        seed: of weights, data order and dropout.
        start: a user's checkpoint, `None` for a model trained from new weights.
    """

    identity: str
    data: DataOptions
    widths: tuple[int, ...]
    embedding: int
    recipe: Recipe
    seed: int
    start: StartingPoint | None = None


def base_job(config: Config, base: Base, data: DataOptions) -> BaseJob:
    """The job of a base model of a plan."""
    model = unpruned(config.model, opened(data))
    start = starting_point(config.model)
    return BaseJob(base.identity, data, model.widths, model.embedding, config.base.recipe, base.seed, start)


def base_scores(job: BaseJob, cache: Cache) -> SplitScores:
    """Split → probabilities of the base model that `build_base` made."""
    return read_base_scores(job, cache.base(job.identity) / "scores.npz")


def read_base_scores(job: BaseJob, path: Path) -> SplitScores:
    """Split → probabilities in a file.

    Raises:
        InputError: for a file that is damaged, or scores of other clips.
    """
    splits = ("validation", "test")
    scores: SplitScores = dict(zip(splits, read_arrays(path, *splits), strict=True))
    for split, values in scores.items():
        if values.shape != split_targets(job.data, split).shape or not np.isfinite(values).all():
            raise InputError(f"its scores of the {split} clips are others")
    return scores


def load_base(job: BaseJob, cache: Cache) -> Cnn14:
    """The base model that `build_base` made."""
    return load_checkpoint(cache.base(job.identity) / "model.pt")
