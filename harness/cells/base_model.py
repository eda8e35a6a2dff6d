"""Base models: trained once, kept in the cache, shared by all criteria."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import filelock
import numpy as np
from numpy.typing import NDArray

from prunebench.eval.errors import InputError
from prunebench.eval.files import read_text, remove_leftovers, whole_file, write_text
from prunebench.eval.run.npz import read_arrays
from prunebench.eval.text.parsing import parsed_json
from prunebench.harness.cells.best_iterate import best_beside
from prunebench.harness.cells.stage_quality import Measured, Quality, Scores, quality
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import opened, split_features, split_targets
from prunebench.harness.networks.checkpoint import load_checkpoint, save_checkpoint
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.plan.cell import Base
from prunebench.harness.plan.starting_point import StartingPoint, starting_point, unpruned
from prunebench.harness.training.course import Course
from prunebench.harness.training.fit import fit
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.head import train_head, with_new_head
from prunebench.harness.training.loop import set_prior
from prunebench.harness.training.prediction import stem_outputs
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.state import TrainingState, forget_training, training_state
from prunebench.harness.training.validation import predictor, validation_map
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.kept_file import mapped_array, read_kept


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


def build_base(job: BaseJob, cache: Cache, progress: Callable[[int, int], None] | None = None) -> Quality:
    """Train the base model of a job, unless the cache holds it, and give its quality."""
    folder = cache.base(job.identity)
    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder / "lock"):
        figures, model = _kept_model(job, folder)
        if figures is None or model is None:
            remove_leftovers(folder)
            state = training_state(cache, job.identity)
            if job.start is None:
                model, course = trained_from_scratch(job, job.widths, cache, state, progress)
            else:
                model, course = adapted(job, job.start, cache, state, progress)
            best = best_beside(model, course, job.data, job.recipe, cache, folder / "trained")
            figures = _write_scores(job, model, cache).figures | best
            save_checkpoint(model, folder / "model.pt")
            write_text(folder / "quality.json", json.dumps(figures))
        elif read_kept(folder / "scores.npz", lambda path: _scores(job, path)) is None:
            _write_scores(job, model, cache)
        forget_training(cache, job.identity)
    # Taken again from the scores, so that measures added since the base model was trained are there.
    return {**figures, **quality(base_scores(job, cache).__getitem__, job.data).figures}


def _write_scores(job: BaseJob, model: Cnn14, cache: Cache) -> Measured:
    found = quality(predictor(model, job.data, job.recipe, cache), job.data)
    with whole_file(cache.base(job.identity) / "scores.npz") as stream:
        np.savez(stream, validation=found.scores["validation"], test=found.scores["test"])
    return found


def _kept_model(job: BaseJob, folder: Path) -> tuple[Quality | None, Cnn14 | None]:
    """What the cache holds of the base model, without what is damaged."""
    figures = read_kept(folder / "quality.json", _figures)
    if figures is None:
        return None, None
    beside = [read_kept(path, load_checkpoint) for path in folder.glob("trained*.pt")]
    model = read_kept(folder / "model.pt", lambda path: _model(job, path))
    return figures, None if None in beside else model


def _figures(path: Path) -> Quality:
    found = parsed_json(read_text(path))
    if not isinstance(found, dict) or not all(isinstance(value, int | float) for value in found.values()):
        raise InputError("it holds no figures by name")
    return {name: float(value) if isinstance(value, float) else value for name, value in found.items()}


def _model(job: BaseJob, path: Path) -> Cnn14:
    model = load_checkpoint(path)
    if tuple(model.widths) != tuple(job.widths):
        raise InputError(f"it has the widths {list(model.widths)}")
    return model


def _scores(job: BaseJob, path: Path) -> Scores:
    splits = ("validation", "test")
    scores: Scores = dict(zip(splits, read_arrays(path, *splits), strict=True))
    for split, values in scores.items():
        if values.shape != split_targets(job.data, split).shape or not np.isfinite(values).all():
            raise InputError(f"its scores of the {split} clips are others")
    return scores


def base_scores(job: BaseJob, cache: Cache) -> Scores:
    """Split → probabilities of the base model that `build_base` made."""
    return _scores(job, cache.base(job.identity) / "scores.npz")


def load_base(job: BaseJob, cache: Cache) -> Cnn14:
    """The base model that `build_base` made."""
    return load_checkpoint(cache.base(job.identity) / "model.pt")


def trained_from_scratch(
    job: BaseJob,
    widths: tuple[int, ...],
    cache: Cache,
    state: TrainingState,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Cnn14, Course]:
    """A model of the given widths, trained as the job's base model is, and how its training went."""
    targets = split_targets(job.data, "training")
    rate = opened(job.data).sample_rate
    model = Cnn14(widths, targets.shape[1], job.embedding, seed=job.seed, sample_rate=rate)
    if not isinstance(job.recipe, FullRecipe):  # PANNs begins at 0
        set_prior(model, targets)
    return model, _trained(model, job, cache, state, progress)


def adapted(
    job: BaseJob,
    start: StartingPoint,
    cache: Cache,
    state: TrainingState,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Cnn14, Course]:
    """A user's model as it is where the classes are those of the data set, else with a new head that is trained."""
    model, dataset = start.load(), opened(job.data)
    if start.fits(dataset.class_names):
        return model, Course()
    features, targets = split_features(job.data, "training", cache), split_targets(job.data, "training")
    model = with_new_head(model, targets.shape[1], job.seed)
    set_prior(model, targets)
    if start.adapt == "head":
        train_head(model, features, targets, job.recipe, seed=job.seed, progress=progress)
        return model, Course()
    return model, _trained(model, job, cache, state, progress)


def _trained(
    model: Cnn14,
    job: BaseJob,
    cache: Cache,
    state: TrainingState,
    progress: Callable[[int, int], None] | None,
) -> Course:
    features, targets = split_features(job.data, "training", cache), split_targets(job.data, "training")
    evaluate = validation_map(job.data, cache, job.recipe)
    return fit(
        model,
        features,
        targets,
        job.recipe,
        seed=job.seed,
        evaluate=evaluate,
        progress=progress,
        state=state,
    )


def stem_features(job: BaseJob, split: str, cache: Cache) -> NDArray[np.float32]:
    """What C1–C6 of the base model give on a split: (clips, filters, frames, mels), a read-only memory map."""
    path = cache.base(job.identity) / f"stem-{split}.npy"
    shape = (len(opened(job.data).split(split)), None, None, None)
    with filelock.FileLock(path.with_suffix(".lock")):
        found = read_kept(path, lambda path: mapped_array(path, shape))
        if found is None:
            remove_leftovers(path.parent, path.name)
            features = split_features(job.data, split, cache)
            with whole_file(path) as stream:
                _write_batches(stream, stem_outputs(load_base(job, cache), features), len(features))
            found = mapped_array(path, shape)
    return found


def _write_batches(stream: BinaryIO, batches: Iterator[NDArray[np.float32]], rows: int) -> None:
    """One array in NumPy's format, written as its batches come: it need not fit into memory."""
    for number, batch in enumerate(batches):
        if number == 0:
            header = {"descr": "<f4", "fortran_order": False, "shape": (rows, *batch.shape[1:])}
            np.lib.format.write_array_header_1_0(stream, header)
        stream.write(np.ascontiguousarray(batch, dtype="<f4").tobytes())


def store_stem(
    job: BaseJob, split: str, cache: Cache, progress: Callable[[int, int], None] | None = None
) -> None:
    """Put the stem's outputs on a split into the cache."""
    stem_features(job, split, cache)
    if progress is not None:
        progress(1, 1)
