"""The plan: the grid of cells that a configuration asks for, each with its identity."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prunebench.eval.errors import InputError
from prunebench.eval.run.latency_table import LatencyTables
from prunebench.eval.runtime.backends import INT8, backend
from prunebench.harness.budget.latency_budget import is_latency
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataSet
from prunebench.harness.networks.plugins.model_shapes import other_front
from prunebench.harness.plan.cell import Base as Base
from prunebench.harness.plan.cell import Cell as Cell
from prunebench.harness.plan.cells import CellGrid
from prunebench.harness.plan.criteria_fit import check_criteria
from prunebench.harness.plan.frozen_start import check_frozen_fits, frozen_start
from prunebench.harness.plan.identity import CellIdentities, base_identity
from prunebench.harness.plan.points import PlannedPoint, planned_points
from prunebench.harness.plan.sparsified import sparsified
from prunebench.harness.plan.starting_point import starting_point
from prunebench.harness.plan.subjects import Subject, subject_of
from prunebench.harness.plan.timed_subject import timed_subject
from prunebench.harness.training.full_recipe import FullRecipe


@dataclass(frozen=True)
class Plan:
    """All base models and cells of a configuration, in a fixed order.

    Args:
        bases: the base models.
        cells: the grid.
        subjects: each network on each data set.
        points: scope → budget points, of each subject.
    """

    bases: tuple[Base, ...]
    cells: tuple[Cell, ...]
    subjects: tuple[Subject, ...] = ()
    points: tuple[Mapping[str, tuple[PlannedPoint, ...]], ...] = ()

    def first_base(self, subject: int) -> Base:
        """The base model of the first seed of a network on a data set, on which rates are chosen; a plain one."""
        return next(base for base in self.bases if base.subject == subject)

    def fed_as(self, subject: int) -> int:
        """The first subject on the same data whose network reads the same features."""
        whose = self.subjects[subject]
        front = other_front(whose.shape)
        return next(
            place
            for place, other in enumerate(self.subjects)
            if other.data == whose.data and other_front(other.shape) == front
        )

    def subject(self, cell: Cell) -> Subject:
        """What a cell prunes."""
        return self.subjects[cell.base.subject]


def make_plan(config: Config, datasets: Sequence[DataSet], latencies: LatencyTables | None = None) -> Plan:
    """The grid of a configuration on its data sets; made twice, it is equal.

    Args:
        config: the sweep.
        datasets: its data sets.
        latencies: tables of what its networks took, where a budget is by latency.

    Raises:
        InputError: for a budget that cannot be reached, a checkpoint or a sensitivity table that cannot be used, a
            criterion `scores:DIR` whose files do not fit the model, or `[quantise]` without ONNX Runtime.
    """
    _check_quantise(config)
    subjects = tuple(
        subject_of(model, config.prune, dataset, (data, place))
        for data, dataset in enumerate(datasets)
        for place, model in enumerate(config.model)
    )
    if config.prune.target_latency:
        subjects = tuple(timed_subject(config, subject, latencies) for subject in subjects)
    _check_seeds(config, datasets)
    _check_told_apart(datasets, subjects)
    _check_tails(config, subjects)
    _check_augmentation(config, subjects)
    _check_frozen(config, datasets, subjects)
    trained = [
        Base(base_identity(config, config.model[s.model], datasets[s.data], seed), s.data, seed, place)
        for place, s in enumerate(subjects)
        for seed in config.base.seeds
    ]
    bases = tuple(
        base
        for parent in trained
        for base in sparsified(config, parent, subjects[parent.subject], datasets[parent.data])
    )
    leaders = config.prune.leaders()
    pruners = {label: config.prune.pruner(label) for label in (*config.prune.criteria, *leaders.values())}
    for subject in subjects:
        check_criteria(config, subject, datasets[subject.data], pruners.values())
    points = tuple(planned_points(config, datasets[s.data].label, s) for s in subjects)
    grid = CellGrid(config, {label: pruners[label] for label in config.prune.criteria}, leaders, pruners)
    identities = CellIdentities(config, pruners)

    def cells() -> Iterator[Cell]:
        for base in bases:
            subject = subjects[base.subject]
            for cell in grid.cells(base, subject.scopes, points[base.subject]):
                several = bool(subject.several) and subject.writes_several(cell.scope)
                leader = leaders.get(cell.allocation)
                times = subject.shape.times if is_latency(cell.budget) else None
                yield cell.but(identity=identities.of(cell, leader, several=several, times=times))

    return Plan(bases, tuple(cells()), subjects, points)


def _check_quantise(config: Config) -> None:
    """What quantises must be installed before anything is trained."""
    missing = None if config.quantise is None else backend(INT8).missing()
    if missing is not None:
        raise InputError(missing.replace(f"Backend `{INT8}`", "Table `[quantise]`"))


def _check_seeds(config: Config, datasets: Sequence[DataSet]) -> None:
    """A checkpoint that is used as it is gives one base model."""
    for checkpoint, dataset in itertools.product(map(starting_point, config.model), datasets):
        if checkpoint is not None and len(config.base.seeds) > 1 and checkpoint.fits(dataset.class_names):
            raise InputError(
                f"A checkpoint with the {len(dataset.class_names)} classes of `{dataset.label}` is used as it is "
                f"and gives the same base model for every seed. Found `base.seeds = {list(config.base.seeds)}`: "
                "give one."
            )


def _check_told_apart(datasets: Sequence[DataSet], subjects: Sequence[Subject]) -> None:
    """Records name network and widths; two starting points that share both would be pooled as seeds of one."""
    seen: dict[tuple[int, str, tuple[int, ...]], int] = {}
    for subject in subjects:
        key = subject.data, subject.shape.network, tuple(subject.shape.widths)
        first = seen.setdefault(key, subject.model)
        if first != subject.model:
            raise InputError(
                "The models of a sweep must differ in network or widths, because these identify a record. Found "
                f"`{subject.shape.network}` with the same widths in tables {first + 1} and {subject.model + 1} of "
                f"`model` on `{datasets[subject.data].label}`: run each in its own run folder, and give both folders "
                "to `prunebench report`."
            )


def _check_augmentation(config: Config, subjects: Sequence[Subject]) -> None:
    """SpecAugment masks mel bands, so a network must read them."""
    recipes = {"base": config.base.recipe, "finetune": config.finetune.recipe(config.finetune.rates[0])}
    if config.sparsify.methods:
        recipes["sparsify"] = config.sparsify.recipe
    for subject, (table, recipe) in itertools.product(subjects, recipes.items()):
        front = other_front(subject.shape)
        if recipe.spec_augment and front is not None and front.mels == 1:
            key = "at_scale.spec_augment" if isinstance(recipe, FullRecipe) else "spec_augment"
            raise InputError(
                f"`{table}.{key}` masks mel bands, but `{subject.shape.network}` reads waveforms: set "
                f"`{table}.{key} = false`."
            )


def _check_frozen(config: Config, datasets: Sequence[DataSet], subjects: Sequence[Subject]) -> None:
    """Frozen base models must be of each network and data set."""
    for subject, seed in itertools.product(subjects, config.base.seeds):
        frozen = frozen_start(config, config.model[subject.model], seed)
        if frozen is not None:
            check_frozen_fits(frozen, config.model[subject.model], datasets[subject.data])


def _check_tails(config: Config, subjects: Sequence[Subject]) -> None:
    """Each network must have something to fine-tune."""
    for subject in subjects:
        if "tail" in config.finetune.scopes and not any(scope.in_tail for scope in subject.scopes):
            raise InputError(
                f"`finetune.scopes` with `tail` keeps the stem of `{subject.shape.network}` as it is, so an entry of "
                f"`prune.scopes` must lie in its tail. Found {', '.join(scope.label for scope in subject.scopes)}: add "
                "one that does, or set `finetune.scopes` to `all`."
            )
