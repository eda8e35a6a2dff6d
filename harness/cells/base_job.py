"""Base models of a plan: what it takes to make one, and what was made of it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prunebench.eval.errors import InputError
from prunebench.eval.files import read_text
from prunebench.eval.run.npz import read_arrays
from prunebench.eval.text.parsing import parsed_json
from prunebench.harness.cells.stage_quality import SplitScores
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import split_targets
from prunebench.harness.frozen.frozen_base import FrozenBase
from prunebench.harness.networks.contract.front import Front
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.groups.filter_group import Group
from prunebench.harness.networks.plugins.any_checkpoint import read_any_checkpoint
from prunebench.harness.networks.plugins.model_shapes import other_front
from prunebench.harness.networks.shape import Shape
from prunebench.harness.plan.cell import Base
from prunebench.harness.plan.frozen_start import frozen_start
from prunebench.harness.plan.starting_point import StartingPoint, starting_point
from prunebench.harness.plan.subjects import Subject
from prunebench.harness.sparsity.penalties import parse_method
from prunebench.harness.sparsity.regulariser import Regulariser
from prunebench.harness.training.placement import CPU, Placement
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.training import BeginPenalty
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.kept_file import read_kept


@dataclass(frozen=True)
class Sparsified:
    """How one base model is made from another by training it further.

    Args:
        parent: job of the other.
        regulariser: the penalty, `None` for plain steps.
        groups: those that the penalty is on.
        recipe: of the training.
        evaluate_every: steps between two evaluations on validation clips, 0 for none; changes no result.
    """

    parent: BaseJob
    regulariser: Regulariser | None
    groups: tuple[str, ...]
    recipe: Recipe
    evaluate_every: int = 0

    @property
    def penalty(self) -> BeginPenalty | None:
        """As `Training` takes it."""
        if self.regulariser is None:
            return None
        return functools.partial(self.regulariser.begin, groups=self.groups)


@dataclass(frozen=True)
class BaseJob:
    """All it takes to make one base model.

    Args:
        identity: of the plan.
        data: options of the data set.
        model: shape of the model.
        recipe: of its training.
        seed: of weights, data order and dropout.
        start: a user's checkpoint, a frozen base model or a base model to train further, `None` for a model trained
            from new weights.
        placement: where the models of its cells are scored, predict and are trained; a `FullRecipe` says it itself.
    """

    identity: str
    data: DataOptions
    model: Shape
    recipe: Recipe
    seed: int
    start: StartingPoint | FrozenBase | Sparsified | None = None
    placement: Placement = CPU

    @property
    def front(self) -> Front | None:
        """What makes the features that the model reads; `None` for PANNs' log-mels at the rate of the data."""
        return other_front(self.model)


def base_job(config: Config, base: Base, data: DataOptions, subject: Subject) -> BaseJob:
    """The job of a base model of a plan, whose subject is given."""
    model = config.model[subject.model]
    start: StartingPoint | FrozenBase | Sparsified | None
    if base.parent is not None:
        start = Sparsified(
            base_job(config, base.parent, data, subject),
            parse_method(base.sparsify),
            base.penalised,
            config.sparsify.recipe,
            config.sparsify.evaluate_every,
        )
    else:
        start = frozen_start(config, model, base.seed) or starting_point(model)
    return BaseJob(base.identity, data, subject.shape, config.base.recipe, base.seed, start, config.placement)


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
            raise InputError(f"its scores do not fit the {split} clips")
    return scores


def base_curve(job: BaseJob, cache: Cache) -> list[tuple[int, float]]:
    """(step, validation mAP) along the training of the base model; empty where it was not evaluated."""
    return read_kept(cache.base(job.identity) / "curve.json", _curve) or []


def _curve(path: Path) -> list[tuple[int, float]]:
    found = parsed_json(read_text(path))
    try:
        return [(int(step), float(value)) for step, value in found]
    except (TypeError, ValueError) as error:
        raise InputError("it contains no curve") from error


def load_base(job: BaseJob, cache: Cache) -> Tagger:
    """The base model that `build_base` made."""
    return read_base(job, cache.base(job.identity) / "model.pt")


def read_base(job: BaseJob, path: Path) -> Tagger:
    """A base model in a file; its groups are found once a process, whatever its weights.

    Raises:
        InputError: for a file that is damaged, or a model of other widths.
    """
    tagger, shape = read_any_checkpoint(path, files=job.model.files).tagger, job.model
    groups = _GROUPS.get(shape) or tagger.groups
    names = [group.name for group in groups]
    try:
        weights = [tagger.model.get_parameter(f"{group.writers[0].module}.weight") for group in groups]
        widths = list(map(len, weights))
    except AttributeError as error:
        raise InputError("it belongs to another network") from error
    if (names, widths) != (list(shape.groups), list(shape.widths)):
        raise InputError(f"it has the widths {widths}")
    _GROUPS[shape] = groups
    return tagger.with_model(tagger.model, groups)


_GROUPS: dict[Shape, tuple[Group, ...]] = {}
