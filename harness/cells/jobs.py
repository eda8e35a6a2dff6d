"""The job that computes a cell of the plan."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

from prunebench.eval.run.record_terms import FROM_SCRATCH
from prunebench.harness.budget.allocation import Global
from prunebench.harness.budget.target import BudgetPoint
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.finetuning import Finetuning, RatePair
from prunebench.harness.cells.from_scratch import FromScratch
from prunebench.harness.cells.iterative import Iterative, Rescored
from prunebench.harness.cells.job import Job
from prunebench.harness.cells.masked_training import MaskedTraining
from prunebench.harness.cells.one_shot import OneShot
from prunebench.harness.cells.quantised import Quantising
from prunebench.harness.cells.removal import Removal, RemovalCounts, budget_point, pruner_of
from prunebench.harness.cells.scores import Scoring, ScoringJob
from prunebench.harness.config.config import Config
from prunebench.harness.plan.cell import Cell
from prunebench.harness.pruning import calibration
from prunebench.harness.pruning.sources import content_hash
from prunebench.pruners.contract import COLLECTED


def cell_job(
    config: Config,
    cell: Cell,
    base: BaseJob,
    rates: RatePair | None,
    scoring: Scoring | None,
    leader: Scoring | None = None,
) -> Job:
    """The job that computes a cell.

    Args:
        config: the sweep.
        cell: of the plan.
        base: job of its base model.
        rates: of the fine-tuning, `None` for a cell without.
        scoring: of the base model, `None` for a cell without a criterion.
        leader: the scores of the criterion whose widths the cell takes, `None` where it takes none.

    Raises:
        InputError: for a budget that the scores do not let an allocation reach.
    """
    job = _float_job(config, cell, rates, Removal(cell, base, scoring, leader))
    if config.quantise is None:
        return job
    how = Quantising(config.quantise.clips, config.quantise.method, config.threads)
    return replace(job, quantise=how)


def _float_job(config: Config, cell: Cell, rates: RatePair | None, removal: Removal) -> Job:
    base, scoring = removal.base, removal.scoring
    if cell.control in FROM_SCRATCH:
        return _from_scratch(config, removal)
    finetuning = _finetuning(config, cell, rates)
    if scoring is None:
        return OneShot(base, finetuning=finetuning)
    if cell.schedule.rescores and finetuning is not None:
        return _rescored(config, removal, finetuning)
    removed = removal.filters()
    recalibration_clips = config.recalibration_clips(cell.schedule)
    return OneShot(base, removed, finetuning, recalibration_clips, removal.constants(removed))


def _finetuning(config: Config, cell: Cell, rates: RatePair | None) -> Finetuning | None:
    if cell.finetune_scope == "none" or cell.finetune_seed is None or rates is None:
        return None
    return Finetuning(
        cell.finetune_scope,
        config.finetune.recipe(rates.short),
        cell.finetune_seed,
        cell.schedule.distillation,
        config.finetune.evaluate_every,
        config.finetune.long_recipe(rates.last),
    )


def _from_scratch(config: Config, removal: Removal) -> FromScratch:
    """Only the shape matters here: which filters went does not show in new weights."""
    counts, cell = removal.counts(), removal.cell
    removed = {layer: tuple(range(n)) for layer, n in zip(cell.scope.layers, counts, strict=True)}
    steps = _equal_macs_steps(config, removal, counts) if cell.control == "scratch-macs" else None
    return FromScratch(removal.base, removed, steps)


def _rescored(config: Config, removal: Removal, finetuning: Finetuning) -> Rescored:
    cell, prune, schedule = removal.cell, config.prune, removal.cell.schedule
    shares = schedule.shares(finetuning.recipe.steps)
    parts: list[BudgetPoint | RemovalCounts] = []
    if isinstance(cell.allocation, Global):
        parts += [budget_point(cell).part(share) for share in shares]
    else:
        counts = removal.counts()
        parts += [tuple(math.floor(share * count + 0.5) for count in counts) for share in shares]
    criterion = str(cell.criterion)
    pruner = pruner_of(criterion, prune.files)
    told, content = f"version {pruner.version}", content_hash(pruner)
    if pruner.needs & COLLECTED:
        told += f", {prune.calibration_clips} clips, calibration {calibration.VERSION}"
    layers, clips = cell.scope.layers, prune.calibration_clips
    kind = functools.partial(MaskedTraining, schedule=schedule) if schedule.masks else Iterative
    return kind(
        base=replace(removal.base, model=removal.model),
        scoring=ScoringJob(
            removal.base, criterion, cell.prune_seed, layers, clips, prune.files, content, prune.reduction
        ),
        allocation=cell.allocation,
        parts=tuple(parts),
        reversed=cell.control == "reversed",
        criterion=told + (f", {content}" if content else ""),
        finetuning=finetuning,
        recalibration_clips=config.recalibration_clips(cell.schedule),
    )


def _equal_macs_steps(config: Config, removal: Removal, counts: RemovalCounts) -> int:
    """Steps that take a shape as many MACs as training the base model and fine-tuning all layers of the shape did.

    Steps of further training before scoring count as training of the base model.

    Counted on the backbone, as training reads features; a step is as many forward and backward passes as its batch has
    clips, and these cost the same multiple of a forward pass in every shape.
    """
    model, layers = removal.base.model, removal.cell.scope.layers
    macs = [model.cost("macs_backbone", of) for of in (model.widths, model.without(layers, counts))]
    training, tuning = config.base.recipe, config.finetune.recipe(config.finetune.rates[0])
    clips = (training.steps * training.batch + config.sparsify.clips) * macs[0] / macs[1]
    return round((clips + tuning.steps * tuning.batch) / training.batch)
