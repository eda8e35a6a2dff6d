"""What a sweep has to do, and what each piece needs to be there before it can begin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from prunebench.harness.cells.ratio_search import is_searched, searched_cell
from prunebench.harness.cells.removal import scored_by
from prunebench.harness.config.config import Config
from prunebench.harness.data.dataset import SPLITS
from prunebench.harness.plan.plan import Base, Cell, Plan
from prunebench.harness.sweep.rates import RateGroup, trial_cells


@dataclass(frozen=True)
class Features:
    """Features of a split of a data set, by its index, for the networks that are fed as that of a subject."""

    data: int
    subject: int
    split: str


@dataclass(frozen=True)
class BaseModel:
    """A base model; `first` of its network on its data set, the one that rates are chosen on or that it comes from."""

    base: Base
    first: bool = False


@dataclass(frozen=True)
class Stem:
    """What the stem of a base model gives on a split, C1–C6 in Cnn14."""

    model: BaseModel
    split: str


@dataclass(frozen=True)
class ScoresNode:
    """What a criterion says of a base model's filters."""

    model: BaseModel
    criterion: str
    seed: int | None


@dataclass(frozen=True)
class SearchNode:
    """The search for the widths of cells that differ in their fine-tuning alone."""

    cell: Cell


@dataclass(frozen=True)
class Trial:
    """A cell that helps to choose a rate; it leaves no record."""

    cell: Cell
    rate: float


@dataclass(frozen=True)
class RatesNode:
    """The rates of a group, chosen from its trials."""

    group: RateGroup


@dataclass(frozen=True)
class CellNode:
    """A cell of the grid."""

    cell: Cell


Node = Features | BaseModel | Stem | ScoresNode | SearchNode | Trial | RatesNode | CellNode
NodeT = TypeVar("NodeT", Features, BaseModel, Stem, ScoresNode, SearchNode, Trial, RatesNode)


def needs(
    config: Config, plan: Plan, cells: Iterable[Cell], *, choose_rates: bool = True
) -> dict[Node, tuple[Node, ...]]:
    """Each piece that the cells take, with the pieces that must end before it begins.

    Args:
        config: the sweep.
        plan: of it.
        cells: of the plan.
        choose_rates: whether fine-tuning rates are chosen by trials; not where an earlier run chose them.
    """
    found: dict[Node, tuple[Node, ...]] = {}
    fed = [plan.fed_as(subject) for subject in range(len(plan.subjects))]

    def want(node: NodeT, *before: Node) -> NodeT:
        found.setdefault(node, before)
        return node

    def base_model(base: Base, features: Sequence[Node]) -> BaseModel:
        chosen = plan.first_base(base.subject)
        before = [] if base.parent is None else [base_model(base.parent, features)]
        return want(BaseModel(base, base in (chosen, chosen.parent)), *features, *before)

    def stands_on(cell: Cell) -> list[Node]:
        features = [want(Features(cell.base.data, fed[cell.base.subject], split)) for split in SPLITS]
        model = base_model(cell.base, features)
        nodes: list[Node] = [model]
        if cell.finetune_scope == "tail":
            nodes += [want(Stem(model, split), model) for split in SPLITS]
        scores = [want(ScoresNode(model, *scored), model) for scored in scored_by(cell, config)]
        nodes += scores
        if is_searched(cell):
            stem = [want(Stem(model, "validation"), model)] if cell.scope.in_tail else []
            nodes.append(want(SearchNode(searched_cell(cell)), model, *scores, *stem))
        return nodes

    def rates_of(group: RateGroup) -> RatesNode:
        if RatesNode(group) not in found:
            random, unpruned = trial_cells(config, group, plan)
            rates = config.finetune.rates if len(config.finetune.rates) > 1 else ()  # one needs no choice
            trials = [
                want(Trial(cell, rate), *stands_on(cell))
                for cell in (*unpruned, *random)  # what takes longest first, since all wait for the last
                for rate in rates
            ]
            want(RatesNode(group), *trials)
        return RatesNode(group)

    for cell in cells:
        tuned = cell.finetune_scope != "none" and choose_rates
        chosen = [rates_of(RateGroup.of(cell))] if tuned else []
        found[CellNode(cell)] = (*stands_on(cell), *chosen)
    return found


def rank(node: Node) -> int:
    """Lower is begun earlier: first what the choice of rates waits for, since all tuned cells wait for that."""
    match node:
        case Features():
            return 0
        case BaseModel(first=True):
            return 1
        case Stem(BaseModel(first=True)) | ScoresNode(BaseModel(first=True), "random"):
            return 2
        case Trial():
            return 3
        case BaseModel():
            return 4
        case Stem():
            return 5
        case ScoresNode():
            return 6
        case SearchNode():
            return 7
        case _:
            return 8
