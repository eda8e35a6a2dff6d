"""From scores to the filters that a cell removes, and to the job that computes it."""

from __future__ import annotations

import functools
import math
from typing import Literal, cast

import torch

from prunebench.eval.cost.complexity import cnn14_macs
from prunebench.harness.budget import schedule
from prunebench.harness.budget.allocation import Global, SameAs, parse_allocation
from prunebench.harness.budget.counts import counts_along
from prunebench.harness.budget.ratio import filters_outside, lowest, removal_count
from prunebench.harness.budget.schedule import parse_schedule
from prunebench.harness.budget.target import BudgetPoint, without
from prunebench.harness.cells.base_model import BaseJob
from prunebench.harness.cells.finetuning import Finetuning
from prunebench.harness.cells.outcome import OutcomeJob
from prunebench.harness.cells.rounds import Rounds
from prunebench.harness.cells.scores import Scores, Scoring, ScoringJob
from prunebench.harness.config.config import Config
from prunebench.harness.data.features.splits import opened
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layers import LAYERS, parse_scope
from prunebench.harness.plan.cell import Cell
from prunebench.harness.pruning import calibration
from prunebench.harness.pruning.sources import content_hash, resolve
from prunebench.pruners.contract import COLLECTED, Pruner


@functools.lru_cache(maxsize=256)
def _pruner(label: str, files: tuple[str, ...]) -> Pruner:
    """Looked up once: a sweep has the same few criteria in very many cells."""
    return resolve(label, files)


def scored_by(cell: Cell, config: Config) -> tuple[tuple[str, int | None], ...]:
    """The (criterion, seed) pairs whose scores of the base model a cell needs, its own first."""
    own = [] if cell.criterion is None else [(cell.criterion, cell.prune_seed)]
    leader = leader_of(cell, config)
    return tuple(own if leader is None else [*own, leader])


def leader_of(cell: Cell, config: Config) -> tuple[str, int | None] | None:
    """The (criterion, seed) whose widths a cell takes, `None` for one that takes none."""
    allocation = parse_allocation(cell.allocation)
    if not isinstance(allocation, SameAs):
        return None
    drawn = "generator" in _pruner(allocation.criterion, config.prune.files).needs
    return allocation.criterion, config.prune.seeds[0] if drawn else None


def outcome_job(
    config: Config,
    cell: Cell,
    base: BaseJob,
    rate: float | None,
    scoring: Scoring | None,
    leader: Scoring | None = None,
) -> OutcomeJob:
    """The job that computes a cell.

    Args:
        config: the sweep.
        cell: of the plan.
        base: job of its base model.
        rate: of the fine-tuning, `None` for a cell without.
        scoring: of the base model, `None` for a cell without a criterion.
        leader: the scores of the criterion whose widths the cell takes, `None` where it takes none.

    Raises:
        InputError: for a budget that the scores do not let an allocation reach.
    """
    chosen = parse_schedule(cell.schedule)
    finetuning = None
    if cell.finetune_scope != "none":
        assert rate is not None
        assert cell.finetune_seed is not None
        scope = cast(Literal["tail", "all"], cell.finetune_scope)
        recipe = config.finetune.recipe(rate)
        every = config.finetune.evaluate_every
        finetuning = Finetuning(scope, recipe, cell.finetune_seed, chosen.distillation, every)
    scratch = cell.control in ("scratch", "scratch-macs")
    if scoring is None and not scratch:
        return OutcomeJob(base, {}, finetuning)
    layers = parse_scope(cell.scope)
    clips = chosen.recalibration_clips
    clips = config.prune.recalibration_clips if clips is None else clips
    scores = None if scoring is None else _as_ranked(cell, scoring)
    if scratch:
        # Only the shape matters here: which filters went does not show in new weights.
        counts = _counts(cell, base, layers, None, leader)
        removed = {layer: tuple(range(count)) for layer, count in zip(layers, counts, strict=True)}
        steps = _scratch_steps(config, base, layers, counts) if cell.control == "scratch-macs" else None
        return OutcomeJob(base, removed, None, True, scratch_steps=steps)
    assert scoring is not None
    assert scores is not None
    if chosen.rounds > 1:
        assert finetuning is not None
        rounds = _rounds(config, cell, base, layers, chosen.rounds, leader)
        return OutcomeJob(base, {}, finetuning, recalibration_clips=clips, rounds=rounds)
    if scoring.own_budget:
        removed = {layer: filters_outside(torch.from_numpy(scoring.scores[layer])) for layer in layers}
    else:
        counts = _counts(cell, base, layers, scores, leader)
        removed = {
            layer: lowest(torch.from_numpy(scores[layer]), count)
            for layer, count in zip(layers, counts, strict=True)
        }
    return OutcomeJob(base, removed, finetuning, recalibration_clips=clips)


def _as_ranked(cell: Cell, scoring: Scoring) -> Scores:
    """Scores of the scope, upside down for the reversed control."""
    sign = -1 if cell.control == "reversed" else 1
    return {layer: sign * scoring.scores[layer] for layer in parse_scope(cell.scope)}


def _counts(
    cell: Cell, base: BaseJob, layers: tuple[str, ...], scores: Scores | None, leader: Scoring | None
) -> tuple[int, ...]:
    """Filters that each layer loses."""
    if cell.counts is not None:
        return cell.counts
    allocation = parse_allocation(cell.allocation)
    if leader is not None:
        led = {layer: leader.scores[layer] for layer in layers}
        if leader.own_budget:
            return tuple(len(filters_outside(torch.from_numpy(values))) for values in led.values())
        allocation, scores = Global(), led
    if isinstance(allocation, Global):
        assert scores is not None
        return counts_along(
            allocation.order(scores), _point(cell), _architecture(base), layers, allocation.keeps
        )
    return tuple(removal_count(base.widths[LAYERS.index(layer)], cell.ratio) for layer in layers)


def _point(cell: Cell) -> BudgetPoint:
    return BudgetPoint("ratio", cell.ratio) if cell.target is None else BudgetPoint(cell.budget, cell.target)


def _architecture(base: BaseJob) -> Architecture:
    dataset = opened(base.data)
    return Architecture(base.widths, base.embedding, len(dataset.class_names), dataset.sample_rate)


def _rounds(
    config: Config,
    cell: Cell,
    base: BaseJob,
    layers: tuple[str, ...],
    rounds: int,
    leader: Scoring | None,
) -> Rounds:
    assert cell.criterion is not None
    prune, pruner = config.prune, _pruner(cell.criterion, config.prune.files)
    shares = [(number + 1) / rounds for number in range(rounds)]
    parts: list[BudgetPoint | tuple[int, ...]] = []
    if isinstance(parse_allocation(cell.allocation), Global):
        parts += [_point(cell).part(share) for share in shares]
    else:
        counts = _counts(cell, base, layers, None, leader)
        parts += [tuple(math.floor(share * count + 0.5) for count in counts) for share in shares]
    told = f"version {pruner.version}"
    if pruner.needs & COLLECTED:
        told += f", {prune.calibration_clips} clips, calibration {calibration.VERSION}"
    content = content_hash(pruner)
    job = ScoringJob(
        base, cell.criterion, cell.prune_seed, layers, prune.calibration_clips, prune.files, content
    )
    upside_down = cell.control == "reversed"
    told += f", {content}" if content else ""
    return Rounds(job, layers, cell.allocation, tuple(parts), upside_down, told, schedule.VERSION)


def _scratch_steps(config: Config, base: BaseJob, layers: tuple[str, ...], counts: tuple[int, ...]) -> int:
    """Steps that take a shape as many MACs as training the base model and fine-tuning all layers of the shape did.

    Counted on the backbone, as training reads features; a step is as many forward and backward passes as its batch has
    clips, and these cost the same multiple of a forward pass in every shape.
    """
    model = _architecture(base)
    macs = [
        cnn14_macs(widths, model.n_classes, model.embedding).backbone
        for widths in (base.widths, without(base.widths, layers, counts))
    ]
    training, tuning = config.base.recipe, config.finetune.recipe(config.finetune.rates[0])
    clips = training.steps * training.batch * macs[0] / macs[1]
    return round((clips + tuning.steps * tuning.batch) / training.batch)
