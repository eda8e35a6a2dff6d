"""The plan: the grid of cells that a configuration asks for, each with its identity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prunebench.eval.errors import InputError
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataSet
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layers import LAYERS
from prunebench.harness.plan.cell import Base as Base
from prunebench.harness.plan.cell import Cell as Cell
from prunebench.harness.plan.cells import CellGrid
from prunebench.harness.plan.identity import CellIdentities, base_identity
from prunebench.harness.plan.points import PlannedPoint, planned_points
from prunebench.harness.plan.starting_point import starting_point, unpruned
from prunebench.harness.pruning.stored_scores import StoredScores
from prunebench.pruners.contract import Pruner


@dataclass(frozen=True)
class Plan:
    """All base models and cells of a configuration, in a fixed order.

    Args:
        bases: the base models.
        cells: the grid.
        models: the unpruned model on each data set.
        points: scope → budget points, on each data set.
    """

    bases: tuple[Base, ...]
    cells: tuple[Cell, ...]
    models: tuple[Architecture, ...] = ()
    points: tuple[Mapping[str, tuple[PlannedPoint, ...]], ...] = ()

    def first_base(self, data: int) -> Base:
        """The base model of the first seed on a data set: the one rates are chosen on."""
        return next(base for base in self.bases if base.data == data)


def make_plan(config: Config, datasets: Sequence[DataSet]) -> Plan:
    """The grid of a configuration on its data sets; made twice, it is equal.

    Raises:
        InputError: for a budget that cannot be reached, a checkpoint or a sensitivity table that cannot be used, or a
            criterion `scores:DIR` whose files do not fit the model.
    """
    models = tuple(unpruned(config.model, dataset) for dataset in datasets)
    _check_seeds(config, datasets)
    bases = tuple(
        Base(base_identity(config, dataset, seed), index, seed)
        for index, dataset in enumerate(datasets)
        for seed in config.base.seeds
    )
    leaders = config.prune.leaders()
    pruners = {label: config.prune.pruner(label) for label in (*config.prune.criteria, *leaders.values())}
    _check_stored_scores(config, models[0], pruners.values())
    points = tuple(
        planned_points(config, dataset.label, model) for dataset, model in zip(datasets, models, strict=True)
    )
    grid = CellGrid(config, {label: pruners[label] for label in config.prune.criteria}, leaders, pruners)
    identities = CellIdentities(config, pruners)

    def cells() -> Iterator[Cell]:
        for base in bases:
            for cell in grid.cells(base, points[base.data]):
                yield cell.but(identity=identities.of(cell, leaders.get(cell.allocation)))

    return Plan(bases, tuple(cells()), models, points)


def _check_seeds(config: Config, datasets: Sequence[DataSet]) -> None:
    """A checkpoint that is used as it is gives one base model."""
    checkpoint = starting_point(config.model)
    if checkpoint is None or len(config.base.seeds) == 1:
        return
    for dataset in datasets:
        if checkpoint.fits(dataset.class_names):
            raise InputError(
                f"A checkpoint with the {len(dataset.class_names)} classes of `{dataset.label}` is used as it is and "
                f"gives one base model, whatever the seed. Found `base.seeds = {list(config.base.seeds)}`: give one."
            )


def _check_stored_scores(config: Config, model: Architecture, pruners: Iterable[Pruner]) -> None:
    """Scores from files must fit before anything is trained."""
    widths = dict(zip(LAYERS, model.widths, strict=True))
    for pruner in pruners:
        if isinstance(pruner, StoredScores):
            for layer in config.prune.layers():
                pruner.of_layer(layer, widths[layer])
