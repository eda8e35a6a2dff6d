"""One criterion on one model: the job, and the scores it gives."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from prunebench.eval.errors import InputError
from prunebench.eval.runtime.memory import peak_growth_on
from prunebench.harness.budget.counts import LayerScores
from prunebench.harness.cells.base_job import BaseJob, load_base
from prunebench.harness.data.features.splits import split_features, split_targets
from prunebench.harness.data.some_clips import drawn_rows
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.pruning.reduction import DEFAULT, Reduction
from prunebench.harness.pruning.scoring import Scored, scored_layers
from prunebench.harness.pruning.sources import content_hash, resolve
from prunebench.harness.training.placement import CPU
from prunebench.harness.workspace.cache import Cache
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
        reduction: how scores are joined where several layers compute the filters of one group.
    """

    base: BaseJob
    criterion: str
    seed: int | None
    layers: tuple[str, ...]
    calibration_clips: int
    files: tuple[str, ...] = ()
    content: str | None = None
    reduction: Reduction = DEFAULT

    @property
    def key(self) -> str:
        """What its scores are filed under."""
        return scoring_key(self.base.identity, self.criterion, self.seed)


@dataclass(frozen=True)
class Scoring:
    """Scores by layer, the seconds and bytes they took, and whether they are a set of filters to keep.

    With them the constants that take the place of filters, of criteria that give them.
    """

    scores: LayerScores
    seconds: float
    peak_bytes: int = 0
    own_budget: bool = False
    constants: LayerScores = field(default_factory=dict)


def scoring_key(base: str, criterion: str, seed: int | None) -> str:
    """Name of a (base model, criterion, seed)."""
    return f"{base} {criterion} {seed}"


def score_base(job: ScoringJob, cache: Cache, progress: Callable[[int, int], None] | None = None) -> Scoring:
    """Scores of a base model's filters; calibration sees training clips only."""
    return score_model(job, load_base(job.base, cache), job.layers, cache)


def score_model(
    job: ScoringJob, model: Tagger, layers: Sequence[str], cache: Cache, *, seed: int | None = None
) -> Scoring:
    """Scores of the filters that a model still has, by the criterion of a job.

    Args:
        job: the criterion, its clips and its seed.
        model: the base model or what is left of it.
        layers: to score.
        cache: where the features are.
        seed: instead of the job's.
    """
    pruner = resolve(job.criterion, job.files)
    if content_hash(pruner) != job.content:
        raise InputError(
            f"The file that defines criterion `{job.criterion}` changed during the run: run again."
        )
    features = targets = None
    if pruner.needs & COLLECTED:
        every = split_features(job.base.data, "training", cache, job.base.front)
        rows = drawn_rows(len(every), job.calibration_clips)
        features, targets = every[rows], split_targets(job.base.data, "training")[rows]
    drawn = (job.seed or 0) if seed is None else seed
    # Weights alone are scored on the processor, as everywhere; clips are run through the model on its device.
    placement = job.base.placement if pruner.needs & COLLECTED else CPU
    with placement.holding(model) as device:
        started = time.perf_counter()
        found, peak = peak_growth_on(
            device,
            lambda: _on_cpu(
                scored_layers(
                    model,
                    pruner,
                    layers,
                    seed=drawn,
                    features=features,
                    targets=targets,
                    reduction=job.reduction,
                )
            ),
        )
        seconds = time.perf_counter() - started - found.watched
    scores, constants = (_arrays(given) for given in (found.scores, found.constants))
    return Scoring(scores, seconds, peak, pruner.own_budget, constants)


def _on_cpu(found: Scored) -> Scored:
    """Copying is a part of the time that scoring takes: it waits for the device."""
    scores, constants = (
        {layer: values.cpu() for layer, values in given.items()} for given in (found.scores, found.constants)
    )
    return Scored(scores, constants, found.watched)


def _arrays(given: Mapping[str, Tensor]) -> LayerScores:
    return {layer: values.double().numpy() for layer, values in given.items()}
