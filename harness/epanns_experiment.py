"""E-PANNs run anew: the unpruned model, the pruned ones, and the control that the paper lacks.

Nothing is selected on test clips: each fine-tuned model is given as its last iterate and as the one that was best on
validation clips.
"""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit, softmax

from prunebench.eval.files import append_line, parsed_lines
from prunebench.eval.quality import mean_average_precision
from prunebench.harness import full_recipe
from prunebench.harness.cache import Cache, default_cache
from prunebench.harness.checkpoint import read_checkpoint, save_checkpoint
from prunebench.harness.class_names import check_classes
from prunebench.harness.config import Config
from prunebench.harness.course import Course
from prunebench.harness.fitting import best_iterate, fit, predictions, validation_map
from prunebench.harness.identity import identity
from prunebench.harness.model import Cnn14
from prunebench.harness.progress import Progress
from prunebench.harness.provenance import Provenance, file_hash
from prunebench.harness.pruning import prune
from prunebench.harness.splits import opened, split_features, split_targets, store_features
from prunebench.harness.training_state import TrainingState

STATE_SECONDS = 600.0
SPLITS = ("training", "validation", "test")
LARGEST = 1 - 1e-7  # probability in single precision whose log-odds are still finite


@dataclass(frozen=True)
class Experiment:
    """What is run.

    Args:
        checkpoint: the published, unpruned model.
        released: E-PANNs' own checkpoint, or `None`.
        config: of the preset `epanns`: data, ratios, recipe of the fine-tuning, seed.
        folder: where models and results go.
        limited: whether the splits are a part of the data set.
    """

    checkpoint: Path
    released: Path | None
    config: Config
    folder: Path
    limited: bool


@dataclass(frozen=True)
class Outcome:
    """One model on the test clips.

    Args:
        criterion: `None` for the unpruned model and E-PANNs' own.
        ratio: removed of each of C7–C12.
        stage: `"as given"`, `"released by E-PANNs"`, `"pruned"`, `"fine-tuned"` (the last iterate) or
            `"best on validation"`.
        steps: of fine-tuning.
        test_map: in [0, 1], from sigmoid probabilities.
        test_map_softmax: from a softmax over the classes, as in E-PANNs' released class.
        classes: that have a positive among the test clips.
        test_clips: how many.
        limited: whether they are a part of the evaluation set.
    """

    criterion: str | None
    ratio: float
    stage: str
    steps: int
    test_map: float
    test_map_softmax: float
    classes: int
    test_clips: int
    limited: bool


def run_experiment(experiment: Experiment, progress: Progress) -> list[Outcome]:
    """Every outcome; those found before in the same folder, by the same inputs, are taken from there.

    Raises:
        InputError: for a checkpoint or data set that cannot be used, or that have other classes.
    """
    run = _Run(experiment, progress)
    return list(run.outcomes())


class _Run:
    def __init__(self, experiment: Experiment, progress: Progress) -> None:
        self.experiment, self.config, self.progress = experiment, experiment.config, progress
        self.data, self.cache = experiment.config.data, Cache(default_cache())
        self.recipe = self.config.finetune.recipe(self.config.finetune.rates[0])
        self.seed = self.config.finetune.seeds[0]
        self.parent = read_checkpoint(experiment.checkpoint)
        self.parent_hash = file_hash(experiment.checkpoint)
        dataset = opened(self.data)
        check_classes(self.parent, dataset.class_names, dataset.label)
        self.clips = {split: len(dataset.split(split)) for split in SPLITS}
        self.results = experiment.folder / "outcomes.jsonl"
        self.found = dict(parsed_lines(self.results, _parsed)) if self.results.exists() else {}
        progress.announce("features", len(SPLITS))
        for split in SPLITS:
            progress.name(split, "features")
            store_features(self.data, split, self.cache, functools.partial(progress.step, split))
            progress.finished(split)

    def outcomes(self) -> Iterator[Outcome]:
        chosen: list[tuple[str | None, float]] = [(None, 0.0)]
        chosen += [(name, ratio) for name in self.config.prune.criteria for ratio in self.config.prune.ratios]
        self.progress.announce("models", len(chosen))
        if self.experiment.released is not None:
            yield self._released(self.experiment.released)
        for criterion, ratio in chosen:
            yield from self._stages(criterion, ratio)

    def _released(self, path: Path) -> Outcome:
        checkpoint, dataset = read_checkpoint(path), opened(self.data)
        check_classes(checkpoint, dataset.class_names, dataset.label)
        ratio = 1 - checkpoint.model.widths[-1] / self.parent.model.widths[-1]
        return self._outcome(
            checkpoint.model, None, ratio, "released by E-PANNs", {"released": file_hash(path)}
        )

    def _stages(self, criterion: str | None, ratio: float) -> Iterator[Outcome]:
        name = "unpruned" if criterion is None else f"{criterion} {100 * ratio:g} %"
        self.progress.name(name, "models")
        self.progress.step(name, 0, 1)
        made: dict[str, object] = {}
        model = self.parent.model
        if criterion is not None:
            pruner = self.config.prune.pruner(criterion)
            made = {"criterion": pruner.label, "criterion_version": pruner.version, "ratio": ratio}
            model = prune(model, pruner, ratio, seed=self.seed)
        yield self._outcome(model, criterion, ratio, "as given" if criterion is None else "pruned", made)
        trained = {**made, "recipe": asdict(self.recipe), "version": full_recipe.VERSION, "seed": self.seed}
        last = self._known(trained, "fine-tuned")
        best = self._known(trained, "best on validation")
        if last is None or best is None:
            tuned, course = self._fine_tuned(copy.deepcopy(model), name, trained)
            last = self._outcome(tuned, criterion, ratio, "fine-tuned", trained, self.recipe.steps)
            chosen = best_iterate(tuned, course) if course.best else tuned
            steps = course.best_step if course.best else self.recipe.steps
            best = self._outcome(chosen, criterion, ratio, "best on validation", trained, steps)
        self.progress.finished(name, test_map=last.test_map)
        yield last
        yield best

    def _fine_tuned(self, model: Cnn14, name: str, made: Mapping[str, object]) -> tuple[Cnn14, Course]:
        stem = name.replace(" %", "").replace(" ", "-")
        state = TrainingState(
            self.experiment.folder / f"{stem}-{identity(self._key(made, 'state'))}.state", STATE_SECONDS
        )
        course = fit(
            model,
            split_features(self.data, "training", self.cache),
            split_targets(self.data, "training"),
            self.recipe,
            seed=self.seed,
            evaluate=validation_map(self.data, self.cache, self.recipe),
            progress=functools.partial(self.progress.step, name),
            state=state,
        )
        provenance = Provenance(
            "fine-tuned",
            version("prunebench"),
            json.loads(json.dumps(made)),
            self.parent_hash,
            self.parent.provenance,
        )
        names = opened(self.data).class_names
        path = self.experiment.folder / f"{stem}.pt"
        save_checkpoint(model, path, style="prunebench", class_names=names, provenance=provenance)
        state.path.unlink(missing_ok=True)
        return model, course

    def _key(self, made: Mapping[str, object], stage: str) -> dict[str, object]:
        data = dict(opened(self.data).identity)
        return {
            "checkpoint": self.parent_hash,
            "data": data,
            "clips": self.clips,
            "made": made,
            "stage": stage,
        }

    def _known(self, made: Mapping[str, object], stage: str) -> Outcome | None:
        return self.found.get(identity(self._key(made, stage)))

    def _outcome(
        self,
        model: Cnn14,
        criterion: str | None,
        ratio: float,
        stage: str,
        made: Mapping[str, object],
        steps: int = 0,
    ) -> Outcome:
        """What was found before, or the model on the test clips, kept at once."""
        known = self._known(made, stage)
        if known is not None:
            return known
        targets = split_targets(self.data, "test")
        scores = predictions(model, split_features(self.data, "test", self.cache), self.recipe)
        found = mean_average_precision(targets, scores)
        outcome = Outcome(
            criterion=criterion,
            ratio=ratio,
            stage=stage,
            steps=steps,
            test_map=found.value,
            test_map_softmax=mean_average_precision(targets, _softmax(scores)).value,
            classes=found.classes_with_positives,
            test_clips=len(targets),
            limited=self.experiment.limited,
        )
        key = identity(self._key(made, stage))
        append_line(self.results, json.dumps({"key": key, "outcome": asdict(outcome)}))
        self.found[key] = outcome
        return outcome


def _softmax(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """What a softmax over the classes gives where a sigmoid gave these."""
    logits = logit(np.clip(probabilities.astype(np.float64), 1e-38, LARGEST))
    found: NDArray[np.float64] = softmax(logits, axis=1)
    return found


def _parsed(line: str) -> tuple[str, Outcome]:
    found = json.loads(line)
    return found["key"], Outcome(**found["outcome"])
