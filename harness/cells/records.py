"""Records from cells and what they measured."""

from __future__ import annotations

from typing import Any

import torch

from prunebench.eval.run.record import CONVERGED, OWN, Record
from prunebench.harness.budget.allocation import UNIFORM
from prunebench.harness.budget.limits import limits_of
from prunebench.harness.budget.ratio import tied_at_cut
from prunebench.harness.budget.target import TOLERANCE
from prunebench.harness.cells.finetuning import RatePair
from prunebench.harness.cells.outcome import Outcome
from prunebench.harness.cells.ratio_search import SearchResult
from prunebench.harness.cells.scores import Scoring
from prunebench.harness.networks.shape import Shape
from prunebench.harness.plan.plan import Cell
from prunebench.harness.pruning.reduction import DEFAULT
from prunebench.harness.training.recipe import Recipe
from prunebench.pruners.contract import Pruner


def finished_record(
    cell: Cell,
    pruner: Pruner | None,
    data: str,
    model: Shape,
    outcome: Outcome,
    rates: RatePair | None,
    scoring: Scoring | None,
    search: SearchResult | None = None,
    reduction: str = DEFAULT,
    device: str = "cpu",
    sparsifying: Recipe | None = None,
) -> Record:
    """The record of a finished cell; its ratio is the share that went where the pruner chose how much.

    Args:
        cell: of the plan.
        pruner: of its criterion.
        data: label of the data set.
        model: shape of the base model.
        outcome: what it measured.
        rates: of the fine-tuning.
        scoring: of the base model by the criterion.
        search: for its widths, `None` where there was none.
        reduction: how scores were joined, where several layers compute a group of the scope.
        device: kind of device that the run trained on.
        sparsifying: of the training that the base model went through before it was scored.
    """
    timings, measures = dict(outcome.timings), dict(outcome.measures)
    if scoring is not None:
        timings |= {"scoring_seconds": scoring.seconds, "scoring_peak_bytes": scoring.peak_bytes}
    if search is not None:
        timings |= {"search_seconds": search.seconds}
        measures |= {"search_macs": search.macs, "search_candidates": search.candidates}
    described = _described(cell, pruner, data, model, reduction, sparsifying)
    if described["budget"] == OWN:
        described["ratio"] = round(_share_removed(cell, model, outcome.widths), 4)
    return Record(
        **described,
        device=device,
        outcome=outcome.identity,
        learning_rate=None if rates is None else rates.last,
        short_learning_rate=rates.short if rates is not None and CONVERGED in outcome.stages else None,
        base_weights=outcome.base_weights,
        widths=outcome.widths,
        off_request=_off_request(cell, model, outcome.widths),
        limits=_limits(cell, model, outcome.widths),
        map_sizes={k: (frames, mels) for k, (frames, mels) in (outcome.map_sizes or {}).items()},
        ties=_ties(cell, model, outcome.widths, scoring),
        stages=outcome.stages,
        measures=measures,
        timings=timings,
        unmeasured=outcome.unmeasured,
    )


def failed_record(
    cell: Cell,
    pruner: Pruner | None,
    data: str,
    model: Shape,
    error: str,
    reduction: str = DEFAULT,
    device: str = "cpu",
    sparsifying: Recipe | None = None,
) -> Record:
    """The record of a cell that failed, with the reason; arguments as of `finished_record`."""
    described = _described(cell, pruner, data, model, reduction, sparsifying)
    return Record(**described, device=device, outcome="", status="failed", error=error)


def _described(
    cell: Cell,
    pruner: Pruner | None,
    data: str,
    model: Shape,
    reduction: str,
    sparsifying: Recipe | None,
) -> dict[str, Any]:
    """What a record says of a cell before anything is measured."""
    own = {"allocation": OWN, "budget": OWN} if pruner is not None and pruner.own_budget else {}
    return {
        **cell.described(),
        **own,
        "cell": cell.identity,
        "released": pruner is not None and pruner.released,
        "family": "" if pruner is None else pruner.family,
        "data": data,
        "network": model.network,
        "groups": model.groups,
        "n_classes": model.n_classes,
        "front_end": model.front_end,
        "reduction": reduction,
        "divisor": max(model.multiples(cell.scope.layers), default=1),
        "base": cell.base.origin,
        "base_seed": cell.base.seed,
        **({} if sparsifying is None else _sparsified(cell, sparsifying, model)),
    }


def _sparsified(cell: Cell, recipe: Recipe, model: Shape) -> dict[str, Any]:
    """How the base model was trained further, and the MACs: a backward pass counts as two forward passes."""
    macs = 3 * model.cost("macs_backbone", model.widths) * recipe.batch * recipe.steps
    return {"sparsify": cell.base.sparsify, "sparsify_steps": recipe.steps, "sparsify_macs": round(macs)}


def _share_removed(cell: Cell, model: Shape, after: tuple[int, ...]) -> float:
    """Share of the scope's filters that went."""
    return 1 - sum(after[model.place(layer)] for layer in cell.scope.layers) / _filters(cell, model)


def _filters(cell: Cell, model: Shape) -> int:
    """Filters of the scope in the unpruned model."""
    return sum(model.filters(cell.scope.layers))


def _ties(cell: Cell, model: Shape, after: tuple[int, ...], scoring: Scoring | None) -> dict[str, float]:
    """Share of each layer's filters that tie at the cut; of cells that scores of the base model's filters decide."""
    if scoring is None or scoring.own_budget or cell.schedule.rescores:
        return {}
    sign = -1 if cell.control == "reversed" else 1
    places = {layer: model.place(layer) for layer in cell.scope.layers}
    return {
        layer: tied_at_cut(torch.from_numpy(sign * scoring.scores[layer]), model.widths[place] - after[place])
        for layer, place in places.items()
    }


def _limits(cell: Cell, model: Shape, after: tuple[int, ...]) -> dict[str, tuple[float, float]]:
    """Cost → its limit, and the figure of the pruned model."""
    limits = limits_of(cell.budget)
    if limits is None:
        return {}
    reached = limits.reached(model, after)
    return {key: (limit, reached[key]) for key, limit in limits.asked.items()}


def _off_request(cell: Cell, model: Shape, after: tuple[int, ...]) -> dict[str, tuple[float, float]]:
    """Layers whose removed share is not the ratio, since filters come whole; of `uniform` alone.

    And what multiples of a divisor miss: the cost of a target, or the ratio of all filters under another allocation.
    """
    off = {}
    if cell.ratio and cell.allocation == UNIFORM:
        for layer in cell.scope.layers:
            place = model.place(layer)
            share = 1 - after[place] / model.widths[place]
            if abs(share - cell.ratio) > 1e-9:
                off[layer] = (cell.ratio, share)
    if model.rounds and cell.budget == "ratio" and cell.ratio and cell.allocation != UNIFORM:
        share = _share_removed(cell, model, after)
        if abs(share - cell.ratio) * _filters(cell, model) >= 1:
            off["ratio"] = (cell.ratio, share)
    if model.rounds and cell.target is not None:  # a target is met as nearly as multiples allow
        left = model.for_target(cell.scope.label, cell.target).share(cell.budget, after)
        if abs(left - cell.target) > TOLERANCE * cell.target:
            off[cell.budget] = (cell.target, left)
    return off
