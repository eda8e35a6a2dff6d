"""Records from cells and what they measured."""

from __future__ import annotations

from typing import Any

import torch

from prunebench.eval.run.record import OWN, Record
from prunebench.harness.budget.allocation import UNIFORM
from prunebench.harness.budget.ratio import tied_at_cut
from prunebench.harness.cells.outcome import Outcome
from prunebench.harness.cells.scores import Scoring
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.plan.plan import Cell
from prunebench.pruners.contract import Pruner


def finished_record(
    cell: Cell,
    pruner: Pruner | None,
    data: str,
    base_widths: tuple[int, ...],
    outcome: Outcome,
    rate: float | None,
    scoring: Scoring | None,
) -> Record:
    """The record of a finished cell; its ratio is the share that went where the pruner chose how much."""
    timings = dict(outcome.timings)
    if scoring is not None:
        timings |= {"scoring_seconds": scoring.seconds, "scoring_peak_bytes": scoring.peak_bytes}
    described = _described(cell, pruner, data)
    if described["budget"] == OWN:
        described["ratio"] = round(_share_removed(cell, base_widths, outcome.widths), 4)
    return Record(
        **described,
        outcome=outcome.identity,
        learning_rate=rate,
        base_weights=outcome.base_weights,
        widths=outcome.widths,
        off_request=_off_request(cell, base_widths, outcome.widths),
        map_sizes={k: (frames, mels) for k, (frames, mels) in (outcome.map_sizes or {}).items()},
        ties=_ties(cell, base_widths, outcome.widths, scoring),
        stages=outcome.stages,
        measures=outcome.measures,
        timings=timings,
        unmeasured=outcome.unmeasured,
    )


def failed_record(cell: Cell, pruner: Pruner | None, data: str, error: str) -> Record:
    """The record of a cell that failed, with the reason."""
    return Record(**_described(cell, pruner, data), outcome="", status="failed", error=error)


def _described(cell: Cell, pruner: Pruner | None, data: str) -> dict[str, Any]:
    """What a record says of a cell before anything is measured."""
    own = {"allocation": OWN, "budget": OWN} if pruner is not None and pruner.own_budget else {}
    return {
        **cell.described(),
        **own,
        "cell": cell.identity,
        "released": pruner is not None and pruner.released,
        "data": data,
        "base": cell.base.identity,
        "base_seed": cell.base.seed,
    }


def _share_removed(cell: Cell, before: tuple[int, ...], after: tuple[int, ...]) -> float:
    """Share of the scope's filters that went."""
    places = [LAYERS.index(layer) for layer in cell.scope.layers]
    return 1 - sum(after[place] for place in places) / sum(before[place] for place in places)


def _ties(
    cell: Cell, before: tuple[int, ...], after: tuple[int, ...], scoring: Scoring | None
) -> dict[str, float]:
    """Share of each layer's filters that tie at the cut; of cells that scores of the base model's filters decide."""
    if scoring is None or scoring.own_budget or cell.schedule.rounds > 1:
        return {}
    sign = -1 if cell.control == "reversed" else 1
    places = {layer: LAYERS.index(layer) for layer in cell.scope.layers}
    return {
        layer: tied_at_cut(torch.from_numpy(sign * scoring.scores[layer]), before[place] - after[place])
        for layer, place in places.items()
    }


def _off_request(
    cell: Cell, before: tuple[int, ...], after: tuple[int, ...]
) -> dict[str, tuple[float, float]]:
    """Layers whose removed share is not the ratio, since filters come whole; of `uniform` alone."""
    if cell.ratio == 0 or cell.allocation != UNIFORM:
        return {}
    removed = {
        layer: 1 - after[LAYERS.index(layer)] / before[LAYERS.index(layer)] for layer in cell.scope.layers
    }
    return {layer: (cell.ratio, share) for layer, share in removed.items() if abs(share - cell.ratio) > 1e-9}
