"""Base models: trained once, kept in the cache, shared by all criteria."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import filelock
import numpy as np

from prunebench.eval.errors import InputError
from prunebench.eval.files import read_text, remove_leftovers, whole_file, write_text
from prunebench.eval.run.sparsity import BEFORE
from prunebench.eval.text.parsing import parsed_json
from prunebench.harness.cells.base_job import (
    BaseJob,
    Sparsified,
    base_scores,
    load_base,
    read_base,
    read_base_scores,
)
from prunebench.harness.cells.best_iterate import best_beside
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.cells.stage_quality import Measured, QualityFigures, quality
from prunebench.harness.data.features.splits import opened
from prunebench.harness.frozen.frozen_base import FrozenBase
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.any_checkpoint import save_any_checkpoint
from prunebench.harness.networks.plugins.model_shapes import new_tagger
from prunebench.harness.plan.starting_point import StartingPoint
from prunebench.harness.training.converging import ConvergingRecipe
from prunebench.harness.training.course import Course
from prunebench.harness.training.fit import fit
from prunebench.harness.training.follow import how_it_ended
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.head import train_head, with_new_head
from prunebench.harness.training.loop import set_prior
from prunebench.harness.training.state import forget_training, training_state
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.kept_file import make_room, read_kept

ENDED = ("steps", "best_step", "bound_reached")  # what `how_it_ended` says
OnProgress = Callable[[int, int], None]


def build_base(job: BaseJob, cache: Cache, progress: OnProgress | None = None) -> QualityFigures:
    """Train the base model of a job, unless the cache holds it, and give its quality."""
    folder = cache.base(job.identity)
    folder.mkdir(parents=True, exist_ok=True)
    inputs = Inputs.of(job, None, cache)
    with filelock.FileLock(folder / "lock"):
        figures, model = _kept_model(job, folder)
        if figures is None or model is None:
            remove_leftovers(folder)
            if isinstance(job.start, Sparsified):
                model, course = _sparsified(job.start, inputs, progress)
            elif isinstance(job.start, FrozenBase):
                model, course = job.start.load(), Course(list(job.start.metadata().curve))
            elif job.start is None:
                model = new_model(job, job.model.widths)
                course = _trained(model, inputs, progress)
            else:
                model, course = adapted(job.start, inputs, progress)
            best = best_beside(model, course, inputs, folder / "trained")
            figures = _write_scores(model, inputs, folder).figures | best | _ended(job, course, cache)
            write_text(make_room(folder / "curve.json"), json.dumps(course.curve))
            save_any_checkpoint(model, make_room(folder / "model.pt"), style=style_of(model))
            write_text(make_room(folder / "quality.json"), json.dumps(figures))
        elif read_kept(folder / "scores.npz", lambda path: read_base_scores(job, path)) is None:
            _write_scores(model, inputs, folder)
        forget_training(cache, job.identity)
    if isinstance(job.start, FrozenBase):
        figures = {**figures, **job.start.metadata().quality.training()}
    # Taken again from the scores, so that measures added since the base model was trained are there.
    return {**figures, **quality(base_scores(job, cache), job.data).figures}


def _ended(job: BaseJob, course: Course, cache: Cache) -> dict[str, float]:
    """How its training ended; nothing of a checkpoint as it is.

    If it was trained further, also how the earlier training ended, and its validation mAP then.
    """
    if isinstance(job.start, Sparsified):
        before = build_base(job.start.parent, cache)
        ended = {key: value for key, value in before.items() if key in ENDED}
        return ended | {BEFORE: before["validation_map"]}
    return how_it_ended(job.recipe, course) if course.curve else {}


def style_of(model: Tagger) -> str:
    """How models of the cache are kept: of a Cnn14 the weights alone, as ever; another names its network."""
    return "state-dict" if isinstance(model.model, Cnn14) else "prunebench"


def _write_scores(model: Tagger, inputs: Inputs, folder: Path) -> Measured:
    found = quality(inputs.scores(model), inputs.base.data)
    with whole_file(make_room(folder / "scores.npz")) as stream:
        np.savez(stream, validation=found.scores["validation"], test=found.scores["test"])
    return found


def _kept_model(job: BaseJob, folder: Path) -> tuple[QualityFigures | None, Tagger | None]:
    """What the cache holds of the base model, without what is damaged."""
    figures = read_kept(folder / "quality.json", _figures)
    if figures is None:
        return None, None

    def read(path: Path) -> Tagger:
        return read_base(job, path)

    beside = [read_kept(path, read) for path in folder.glob("trained*.pt")]
    model = read_kept(folder / "model.pt", read)
    return figures, None if None in beside else model


def _figures(path: Path) -> QualityFigures:
    found = parsed_json(read_text(path))
    if not isinstance(found, dict) or not all(isinstance(value, int | float) for value in found.values()):
        raise InputError("it contains no named values")
    return {name: float(value) if isinstance(value, float) else value for name, value in found.items()}


def new_model(job: BaseJob, widths: tuple[int, ...]) -> Tagger:
    """A model of the given widths that begins as the job's base model did, at the priors of the classes."""
    targets = opened(job.data).split("training").targets
    model = new_tagger(job.model, seed=job.seed, widths=widths)
    if not isinstance(job.recipe, FullRecipe):  # PANNs begins at 0
        set_prior(model, targets)
    return model


def adapted(
    start: StartingPoint, inputs: Inputs, progress: OnProgress | None = None
) -> tuple[Tagger, Course]:
    """A user's model as it is where the classes are those of the data set, else with a new head that is trained."""
    job, model = inputs.base, start.load()
    if start.fits(opened(job.data).class_names):
        return model, Course()
    targets = inputs.targets("training")
    model = with_new_head(model, targets.shape[1], job.seed)
    set_prior(model, targets)
    if start.adapt == "head":
        followed = isinstance(job.recipe, ConvergingRecipe)
        validation = (inputs.clips("validation"), inputs.map_of_validation) if followed else None
        with inputs.placement.holding(model):
            course = train_head(
                model,
                inputs.clips("training"),
                targets,
                job.recipe,
                seed=job.seed,
                validation=validation,
                progress=progress,
            )
        return model, course
    return model, _trained(model, inputs, progress)


def _sparsified(
    start: Sparsified, inputs: Inputs, progress: OnProgress | None = None
) -> tuple[Tagger, Course]:
    """The parent after further training; an interrupted training continues where it stopped."""
    job = inputs.base
    build_base(start.parent, inputs.cache)  # there already, unless the cache lost it
    model = load_base(start.parent, inputs.cache)
    training = inputs.training(start.recipe, job.seed, evaluate_every=start.evaluate_every)
    state = training_state(inputs.cache, job.identity)
    course = fit(model, replace(training, penalty=start.penalty, progress=progress, state=state))
    return model, course


def _trained(model: Tagger, inputs: Inputs, progress: OnProgress | None) -> Course:
    job = inputs.base
    state = training_state(inputs.cache, job.identity)
    return fit(model, replace(inputs.training(job.recipe, job.seed), progress=progress, state=state))
