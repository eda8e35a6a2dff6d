"""What people call the pieces of a sweep, in progress and in reasons of failures."""

from __future__ import annotations

from prunebench.eval.text.written_labels import written
from prunebench.harness.budget.allocation import UNIFORM
from prunebench.harness.budget.schedule import PLAIN
from prunebench.harness.plan.cell import Cell
from prunebench.harness.sweep.graph import (
    BaseModel,
    CellNode,
    Features,
    Node,
    RatesNode,
    ScoresNode,
    SearchNode,
    Stem,
    Trial,
)
from prunebench.harness.sweep.ledger import Known


def title(node: Node, known: Known) -> str:
    """What people call a piece."""
    match node:
        case Features(data, _, split):
            return f"{known.labels[data]} {split}"
        case BaseModel(base):
            return known.base_name(base)
        case Stem(BaseModel(base), split):
            return f"{known.base_name(base)} {split}"
        case ScoresNode(BaseModel(base), criterion, seed):
            return f"{written(criterion)}{'' if seed is None else f' seed {seed}'}, {known.base_name(base)}"
        case Trial(cell, rate):
            return f"{cell_title(cell)} at rate {rate:g}, {known.base_name(cell.base)}"
        case CellNode(cell) | SearchNode(cell):
            return f"{cell_title(cell)}, {known.base_name(cell.base)}"
        case RatesNode(group):
            return str(group)


def cell_title(cell: Cell) -> str:
    """The criterion or control of a cell, how much goes, and its seeds."""
    who = " ".join(filter(None, (cell.criterion, cell.control)))
    if cell.rate_choice == "own":
        who += " own rate"
    where = f" {cell.scope.label} {cell.ratio:.0%}" if cell.ratio else ""
    if cell.allocation != UNIFORM:
        where += f" {cell.allocation.label}"
    if cell.schedule != PLAIN:
        where += f" {cell.schedule.label}"
    seeds = [str(seed) for seed in (cell.prune_seed, cell.finetune_seed) if seed is not None]
    return f"{written(who + where)}{' seed ' if seeds else ''}{'/'.join(seeds)}"
