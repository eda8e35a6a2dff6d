"""The base models of a configuration, trained as a run trains them and written as a set that others can start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from prunebench import __version__
from prunebench.eval.errors import InputError
from prunebench.harness.cells.base_job import BaseJob, base_curve, base_job, load_base
from prunebench.harness.cells.base_model import OnProgress, build_base
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.cells.stage_quality import quality
from prunebench.harness.config.config import Config
from prunebench.harness.data.dataset import SPLITS
from prunebench.harness.data.features.splits import opened, store_features
from prunebench.harness.engine.tasks import Failure, Noted, OnTask, Ready, Task
from prunebench.harness.engine.workers import local_engine
from prunebench.harness.frozen.frozen_file import FrozenFile, check_set_name, write_frozen
from prunebench.harness.frozen.half_precision import halved, restored
from prunebench.harness.networks.contract.network import Network
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.plan.plan import make_plan
from prunebench.harness.workspace.cache import Cache


def freeze_bases(config: Config, folder: Path, cache: Cache, report: OnTask) -> Iterator[FrozenFile]:
    """Train the base models of a configuration, and give each as soon as its file is written.

    A base model that the cache holds is not trained again, and a training that was interrupted goes on. The file takes
    the place of an earlier one of the same seed.

    Args:
        config: its name is that of the set; one data set and one network.
        folder: of the files.
        cache: of features, trainings and base models.
        report: told (key, done, total) of each piece.

    Raises:
        InputError: for a configuration of several networks or data sets, or one whose base models are not trained; for
            a training that failed.
    """
    check_set_name(config.name)
    options = config.data_sets()
    if len(options) > 1 or len(config.model) > 1:
        raise InputError(
            "A set of base models must have one network and one data set. Found networks: "
            f"{len(config.model)}, data sets: {len(options)}. Write a configuration for each set."
        )
    if config.base.loaded is not None or config.model[0].checkpoint is not None:
        raise InputError(
            "A set of base models must be trained from new weights. Found `base.frozen` or `model.checkpoint` in "
            "the configuration: leave it out."
        )
    if config.sparsify.methods:
        raise InputError(
            "Frozen base models are trained only by `[base]`. Found `sparsify.methods`: leave it out here, and set "
            "it in the configurations that start from these models."
        )
    dataset = opened(options[0])
    plan, network = make_plan(config, [dataset]), config.model[0].plugin(dataset.sample_rate)
    jobs = [base_job(config, base, options[0], plan.subjects[0]) for base in plan.bases]
    recipe = config.base.recipe_keys()
    with local_engine(config.workers, config.threads) as engine:
        features = [
            Task(f"features of {split}", store_features, (options[0], split, cache)) for split in SPLITS
        ]
        if jobs[0].front is None:  # others are made where they are read
            for _, result in engine.run(Ready(features), report):
                _whole(result)
        tasks = [
            Task(f"seed {job.seed}", freeze_base, (job, network, config.name, recipe, folder, cache))
            for job in jobs
        ]
        for _, result in engine.run(Ready(tasks), report):
            yield _whole(result)


def freeze_base(
    job: BaseJob,
    network: Network,
    set_name: str,
    recipe: dict[str, Any],
    folder: Path,
    cache: Cache,
    progress: OnProgress | None = None,
) -> FrozenFile:
    """Train one base model and write its file. Its quality is measured in the precision of the file.

    Args:
        job: of the base model.
        network: with the parameters that decide its widths.
        set_name: of the set.
        recipe: as `FrozenMetadata` has it.
        folder, cache: as `freeze_bases`.
        progress: told (steps done, steps).
    """
    figures = build_base(job, cache, progress)
    tagger = Tagger(network, load_base(job, cache).model)
    state, computed = halved(tagger)
    rounded = restored(network, tagger.n_classes, state, computed, "the model")
    found = quality(Inputs.of(job, None, cache).scores(rounded), job.data).figures
    dataset = opened(job.data)
    file = write_frozen(
        folder,
        tagger,
        {
            "set_name": set_name,
            "seed": job.seed,
            "class_names": dataset.class_names,
            "sample_rate": dataset.sample_rate,
            "data": dict(dataset.identity),
            "recipe": recipe,
            "quality": {
                **{name: found[name] for name in ("validation_map", "test_map")},
                **{name: int(figures[name]) for name in ("steps", "best_step") if name in figures},
                **{name: figures[name] for name in ("bound_reached",) if name in figures},
            },
            "curve": tuple(base_curve(job, cache)),
            "torch": torch.__version__,
            "prunebench": __version__,
        },
    )
    for path in folder.glob("*.safetensors"):
        other = FrozenFile.named(path)
        if other is not None and (other.set_name, other.seed) == (set_name, job.seed) and other != file:
            path.unlink()
    return file


def _whole(result: Any) -> Any:
    found = result.result if isinstance(result, Noted) else result
    if isinstance(found, Failure):
        raise InputError(f"A base model could not be made: {found.message}.")
    return found
