"""E-PANNs run anew: a sweep of the preset `epanns`, and what it found in the terms of the claims.

Nothing is selected on test clips: each fine-tuned model is given as its last iterate and as the one that was best on
validation clips.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit, softmax

from prunebench.eval.files import read_text, write_text
from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import Record, load_records
from prunebench.eval.run.scores_of_test_clips import read_test_scores
from prunebench.eval.text.parsing import parsed_json
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import opened, split_features, split_targets
from prunebench.harness.data.options import at_rate
from prunebench.harness.engine.progress import Display
from prunebench.harness.networks.checkpoint import read_checkpoint
from prunebench.harness.networks.class_names import check_classes
from prunebench.harness.networks.file_hash import file_hash
from prunebench.harness.networks.layers import PUBLISHED_WIDTHS
from prunebench.harness.sweep.sweep import Summary, run_sweep
from prunebench.harness.training.prediction import predictions
from prunebench.harness.workspace.cache import Cache, default_cache

LARGEST = 1 - 1e-7  # probability in single precision whose log-odds are still finite
RELEASED = "released by E-PANNs"


@dataclass(frozen=True)
class EvaluatedModel:
    """One model on the test clips.

    Args:
        criterion: name of the criterion, `None` for the unpruned model and E-PANNs' own.
        ratio: share of the filters removed of each of C7–C12.
        stage: `"as given"`, `"released by E-PANNs"`, `"pruned"`, `"fine-tuned"` (the last iterate) or
            `"best on validation"`.
        steps: steps of fine-tuning.
        test_map: mean average precision in [0, 1], from sigmoid probabilities.
        test_map_softmax: mean average precision from a softmax over the classes, as in E-PANNs' released class; `None`
            where no scores were kept.
        classes: number of classes that have a positive among the test clips.
        test_clips: number of test clips.
        limited: whether they are a part of the evaluation set.
    """

    criterion: str | None
    ratio: float
    stage: str
    steps: int
    test_map: float
    test_map_softmax: float | None
    classes: int
    test_clips: int
    limited: bool


def run_experiment(config: Config, folder: Path, displays: Sequence[Display]) -> Summary:
    """The sweep; the same call goes on where it stopped.

    Args:
        config: of the preset `epanns`, with one data set and a checkpoint of its classes.
        folder: a run folder, of which `prunebench report` makes figures too.
        displays: told of progress.

    Raises:
        InputError: for a checkpoint or data set that cannot be used, or that have other classes.
    """
    dataset = opened(config.data[0])
    file = config.model[0].checkpoint
    assert file is not None
    check_classes(read_checkpoint(file), dataset.class_names, dataset.label)
    return run_sweep(config, folder, Cache(default_cache()), displays)


def outcomes(config: Config, folder: Path) -> list[EvaluatedModel]:
    """What a run folder holds, the unpruned model first."""
    found = [
        record
        for record in load_records(folder)
        if record.status == "done" and record.rate_choice == "shared"
    ]
    found.sort(key=lambda record: (record.control != "unpruned", record.criterion is not None))
    return [outcome for record in found for outcome in _of_record(record, config, folder)]


def _of_record(record: Record, config: Config, folder: Path) -> Iterator[EvaluatedModel]:
    options, steps = config.data[0], config.finetune.steps
    by_softmax = _softmax_map(read_test_scores(RunFiles(folder), record.outcome), options)
    if record.control == "unpruned":
        yield _outcome(record, "as given", 0, record.stages["base"]["test_map"], by_softmax, options)
    elif record.criterion is not None:
        yield _outcome(record, "pruned", 0, record.stages["pruned"]["test_map"], None, options)
    tuned = record.stages.get("fine-tuned", {})
    if tuned:
        yield _outcome(record, "fine-tuned", steps, tuned["test_map"], by_softmax, options)
    if "best_test_map" in tuned:
        best_step = int(tuned["best_step"])
        yield _outcome(record, "best on validation", best_step, tuned["best_test_map"], None, options)


def _outcome(
    record: Record, stage: str, steps: int, value: float, by_softmax: float | None, options: DataOptions
) -> EvaluatedModel:
    classes = int(record.stages["base"]["classes_with_positives"])
    clips = len(split_targets(options, "test"))
    limited = options.test_clips is not None
    return EvaluatedModel(
        record.criterion, record.ratio, stage, steps, value, by_softmax, classes, clips, limited
    )


def released_outcome(config: Config, path: Path, folder: Path) -> EvaluatedModel:
    """E-PANNs' own checkpoint on the same test clips; what was found before in the folder is taken from there.

    Raises:
        InputError: for a checkpoint that cannot be used or has other classes.
    """
    options = config.data[0]
    kept = folder / f"released-{file_hash(path)[:16]}.json"
    if kept.is_file():
        return EvaluatedModel(**parsed_json(read_text(kept)))
    checkpoint = read_checkpoint(path)
    options = at_rate(options, checkpoint.model.sample_rate)
    dataset = opened(options)
    check_classes(checkpoint, dataset.class_names, dataset.label)
    recipe = config.finetune.recipe(config.finetune.rates[0])
    features = split_features(options, "test", Cache(default_cache()))
    targets, scores = split_targets(options, "test"), predictions(checkpoint.model, features, recipe)
    found = mean_average_precision(targets, scores)
    outcome = EvaluatedModel(
        criterion=None,
        ratio=1 - checkpoint.model.widths[-1] / PUBLISHED_WIDTHS[-1],
        stage=RELEASED,
        steps=0,
        test_map=found.value,
        test_map_softmax=_softmax_map(scores, options),
        classes=found.classes_with_positives,
        test_clips=len(targets),
        limited=options.test_clips is not None,
    )
    write_text(kept, json.dumps(asdict(outcome)))
    return outcome


def _softmax_map(probabilities: NDArray[np.float32], options: DataOptions) -> float:
    """mAP of what a softmax over the classes gives where a sigmoid gave these."""
    logits = logit(np.clip(probabilities.astype(np.float64), 1e-38, LARGEST))
    return mean_average_precision(split_targets(options, "test"), softmax(logits, axis=1)).value
