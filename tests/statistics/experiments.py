"""Experiments with a known truth, given to the functions that make intervals, marks and detectable differences.

In every one all criteria are equal unless a shift says otherwise, so the true difference is zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import stdtrit

from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.eval.quality.clip_variance import Influences
from prunebench.eval.quality.influence import clip_influences
from prunebench.reports.inference.paired import ComparedValues, Paired
from prunebench.reports.inference.value import measured

# Standard deviations of base model, clip, and base model x clip, each for a criterion.
REGIMES = {
    "base models": (0.02, 0.02, 0.02),
    "criterion × clip": (0.005, 0.2, 0.02),
    "base × criterion × clip": (0.005, 0.02, 0.3),
}
CLIPS = 250


@dataclass
class Cell:
    """What the statistics read of a record."""

    row: np.ndarray
    mean: float
    prune_seed: int | None = None
    finetune_seed: int | None = 0
    data: str = "simulated"
    last_stage: str = "fine-tuned"
    outcome: str = ""
    stages: dict = field(init=False)

    def __post_init__(self):
        self.stages = {"fine-tuned": {"test_map": self.mean}}


class Scores:
    """In place of the clip scores of a run."""

    def __init__(self, sources=None):
        self._form = Influences(sources or [(str(clip),) for clip in range(CLIPS)])

    def form(self, data):
        return self._form

    def row(self, record):
        return record.row


def cell(values, **seeds):
    """A cell whose mAP is the mean of values over clips."""
    mean = float(values.mean())
    return Cell((values - mean) / len(values), mean, **seeds)


def effects(rng, sds, bases, clips=CLIPS):
    """Values of one criterion by base model and clip, (bases, clips), of mean zero."""
    base, clip, both = sds
    found = both * rng.standard_normal((bases, clips)) + clip * rng.standard_normal(clips)
    return found + base * rng.standard_normal((bases, 1))


def experiment(rng, sds, bases, criteria, scores, draws=3, shifts=None):
    """Criteria on several base models, and last `random` with its draws; of each, the columns that are compared."""
    shifts = np.zeros(criteria + 1) if shifts is None else shifts
    columns = []
    for index in range(criteria):
        values = effects(rng, sds, bases) + shifts[index]
        columns.append(ComparedValues({b: measured([cell(values[b])]) for b in range(bases)}, scores))
    if draws:
        several = [effects(rng, sds, bases) + shifts[-1] for _ in range(draws)]
        cells = {b: [cell(v[b], prune_seed=d) for d, v in enumerate(several)] for b in range(bases)}
        columns.append(ComparedValues({b: measured(cells[b]) for b in range(bases)}, scores))
    return Paired(columns)


def on_one_model(rng, sds, criteria, seeds, scores, draws=3):
    """Criteria on one base model with several fine-tuning seeds, and last `random`: all are equal on that model.

    What base models are elsewhere, draws and fine-tuning seeds are here.
    """
    repeat, clip, both = sds
    tuned = (repeat * rng.standard_normal((seeds, 1)), both * rng.standard_normal((seeds, CLIPS)))
    columns = []
    for _ in range(criteria):
        own = clip * rng.standard_normal(CLIPS) + effects(rng, (repeat, 0.0, both), seeds) + tuned[0]
        columns.append(
            ComparedValues({0: measured([cell(own[s], finetune_seed=s) for s in range(seeds)])}, scores)
        )
    shared, cells = clip * rng.standard_normal(CLIPS), []
    for draw in range(draws):
        drawn = effects(rng, (repeat, 0.0, both), 1)
        own = shared + drawn + effects(rng, (repeat, 0.0, both), seeds) + tuned[0]
        cells += [cell(own[s], prune_seed=draw, finetune_seed=s) for s in range(seeds)]
    columns.append(ComparedValues({0: measured(cells)}, scores))
    return Paired(columns)


def coverage(make, runs, pairs):
    """Share of the intervals that hold zero, for each pair of columns, over runs of an experiment."""
    held = np.zeros(len(pairs))
    for _ in range(runs):
        paired = make()
        for place, pair in enumerate(pairs):
            held[place] += paired.difference(*pair).may_be_none is True
    return held / runs


def scored(rng, bases, criteria, classes, clips=300, draws=3):
    """Criteria on several base models, and last `random`, by the mAP of scores; all are equal in truth.

    A score is the label, what all models hear alike, and noises of criterion x clip and of base x criterion x clip.
    """
    targets = rng.random((clips, classes)) < 0.15
    targets[rng.integers(clips, size=classes), np.arange(classes)] = True
    scores, common = Scores([(str(clip),) for clip in range(clips)]), rng.normal(0, 0.6, targets.shape)

    def cells(**seeds):
        own = rng.normal(0, 0.4, targets.shape)
        for _ in range(bases):
            quality = rng.normal(1.5, 0.05)
            given = quality * targets + common + own + rng.normal(0, 0.5, targets.shape)
            row = clip_influences(targets, given)
            yield Cell(row, mean_average_precision(targets, given).value, **seeds)

    made = [[[cell] for cell in cells()] for _ in range(criteria)]
    drawn = [list(cells(prune_seed=draw)) for draw in range(draws)]
    made.append([list(several) for several in zip(*drawn, strict=True)])
    return Paired([ComparedValues({b: measured(c) for b, c in enumerate(column)}, scores) for column in made])


def t(freedom):
    """Quantile of a two-sided 95 % interval."""
    return float(stdtrit(freedom, 0.975))
